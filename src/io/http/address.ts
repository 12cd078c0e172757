/**
 * Which addresses are asked, and where a server may send us on to.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { isPrivateHost } from "./private_host.ts";

/** What a caller allows of the address that he names. */
export interface AddressRules {
  /**
   * Whether it may be of this machine or of a private network. Set it only for addresses that no
   * stranger chose: whoever chooses them reaches what only your machine can reach.
   */
  readonly allowPrivate?: boolean;
  /** Whether a public host may be asked without encryption. */
  readonly allowHttp?: boolean;
}

/** Refuses an address that the caller named, unless his rules have it. */
export function checkNamed(url: URL, { allowPrivate, allowHttp }: AddressRules): void {
  checkShape(url);
  if (isOwnOrigin(url)) return;
  const isPrivate = isPrivateHost(url.hostname);
  if (isPrivate && !allowPrivate) {
    throw refused(url, `${url.host} is a host of this machine or of a private network`, {
      hint: "if nobody else chose the address, set allowPrivate",
    });
  }
  if (url.protocol === "http:" && !isPrivate && !allowHttp) {
    throw refused(url, "http: is not encrypted: anybody between may change the file", {
      hint: "use https:, or set allowHttp",
    });
  }
}

/** Refuses to follow a server to an address that the caller would hardly have named. */
export function checkRedirect(from: { readonly url: URL; readonly named: URL }, to: URL): void {
  const { url, named } = from;
  checkShape(to);
  if (url.protocol === "https:" && to.protocol === "http:") {
    throw refused(named, `The server sends on from https to http, to ${to.host}`);
  }
  if (to.hostname !== named.hostname && isPrivateHost(to.hostname)) {
    throw refused(named, `The server sends on to ${to.host}, a host of a private network`, {
      hint: "if that is right, name the address there yourself",
    });
  }
}

function checkShape(url: URL): void {
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(url, `An address with ${url.protocol} is not read`, {
      hint: "https:, http: and hf: are",
    });
  }
  if (url.username !== "" || url.password !== "") {
    const { origin, pathname } = url;
    throw refused(`${origin}${pathname}`, "The address has a user name or a password in it", {
      hint: "addresses are shown and logged; hand it over as a header",
    });
  }
}

/** A page may always ask its own server. */
function isOwnOrigin(url: URL): boolean {
  const { Deno: deno, location } = globalThis as { Deno?: unknown; location?: { origin: string } };
  return deno === undefined && location?.origin === url.origin;
}

function refused(
  url: URL | string,
  message: string,
  { hint }: { hint?: string } = {},
): StateDictError {
  return new StateDictError("refused", message, { path: String(url), hint });
}
