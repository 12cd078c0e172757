/**
 * What a remote file may be called: an address of the web, or a file of the Hugging Face hub.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { hubAddress } from "./hub.ts";
import type { HttpOptions } from "./options.ts";

/** A remote file, ready to be asked for. */
export interface Address {
  /** Where it is. */
  readonly url: URL;
  /** How errors name it. */
  readonly name: string;
  /** How it is read. */
  readonly options: HttpOptions;
  /** What to do where access is denied. */
  readonly login?: string | undefined;
}

/** Takes an address apart. */
export function parseAddress(address: string | URL, options: HttpOptions): Address {
  const text = String(address);
  if (/^hf:/i.test(text)) return hubAddress(text, options);
  if (URL.canParse(text)) return { url: withoutFragment(text), name: text, options };
  throw new StateDictError("usage", "This is no address", { path: text });
}

function withoutFragment(text: string): URL {
  const url = new URL(text);
  url.hash = "";
  return url;
}

/** The address of a file in the same folder, by its plain name. What follows a `?` stays. */
export function besideAddress(address: Address, name: string): Address {
  const url = new URL(address.url);
  const beside = (path: string, name: string) => path.slice(0, path.lastIndexOf("/") + 1) + name;
  url.pathname = beside(url.pathname, encodeURIComponent(name));
  const [plain = ""] = address.name.split(/[?#]/);
  return { ...address, url, name: beside(plain, name) };
}
