/**
 * Files of the Hugging Face hub: `hf://owner/repo[@revision]/path`, as its own tools write it.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { environmentVariable } from "../environment.ts";
import type { Address } from "./names.ts";
import type { HttpOptions } from "./options.ts";

/** Where the hub is, unless `HF_ENDPOINT` says otherwise. */
const HUB = "https://huggingface.co";

/** What the hub has beside models; they are under a folder of their own. */
const KINDS: readonly string[] = ["datasets", "spaces"];

/** What owners, repositories and the parts of revisions are made of. */
const WORD = /^[\w.-]+$/;

const SHAPE = "an address of the hub is hf://owner/repo/path or hf://owner/repo@revision/path";

/** The address that the hub serves a file at, with the user's token for the hub alone. */
export function hubAddress(text: string, options: HttpOptions): Address {
  const [, kind = "", owner = "", repo = "", revision, path = ""] =
    /^hf:\/\/(?:(datasets|spaces)\/)?([^/@]*)\/([^/@]*)(?:@([^/]*))?\/(.*)$/i.exec(text) ?? [];
  const parts = path.split("/");
  const rev = revision === undefined ? "main" : decoded(revision, text);
  const words = [owner, repo, ...rev.split("/")];
  if (!words.every(isWord) || !parts.every(isFileName)) {
    throw new StateDictError("usage", "This is no file of the hub", { path: text, hint: SHAPE });
  }
  const endpoint = environmentVariable("HF_ENDPOINT");
  const base = (endpoint ?? HUB).replace(/\/+$/, "");
  if (!URL.canParse(base)) {
    throw new StateDictError("usage", "HF_ENDPOINT is no address", { path: base });
  }
  const place = [...(KINDS.includes(kind.toLowerCase()) ? [kind.toLowerCase()] : []), owner, repo];
  const url = new URL(
    [base, ...place, "resolve", encodeURIComponent(rev), ...parts.map(encodeURIComponent)].join(
      "/",
    ),
  );
  const token = environmentVariable("HF_TOKEN");
  return {
    url,
    name: text,
    login: token === undefined
      ? "if the repository is private or gated, set HF_TOKEN; Deno must be allowed to read it by " +
        "--allow-env=HF_TOKEN"
      : "the token in HF_TOKEN may not have access to the repository",
    options: {
      ...options,
      // Whoever sets the environment chooses the hub.
      ...(endpoint === undefined ? {} : { allowPrivate: true, allowHttp: true }),
      headers: {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...options.headers,
      },
    },
  };
}

function isWord(word: string): boolean {
  return WORD.test(word) && word !== "." && word !== "..";
}

/** Names such as `epoch=3-step=100.ckpt` are common; they are encoded, but may lead nowhere else. */
function isFileName(name: string): boolean {
  // deno-lint-ignore no-control-regex -- no file needs them, and a log would show them
  return name !== "" && name !== "." && name !== ".." && !/[\\\x00-\x1f]/.test(name);
}

/** A revision with a slash in it, as `refs/pr/1`, is written with %2F. */
function decoded(revision: string, text: string): string {
  try {
    return decodeURIComponent(revision);
  } catch {
    throw new StateDictError("usage", "The revision is not encoded as it must be", { path: text });
  }
}
