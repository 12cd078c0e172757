/**
 * Folders that hold no checkpoint as a whole.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Folder } from "./format.ts";

/** Endings of files that a person may have meant. */
const MODEL_FILE = /\.(safetensors|bin|pt|pth|ckpt|joblib|pkl|pickle|npz|npy)$/i;

/** Names in an error's hint. */
const NAMES_SHOWN = 5;

/** The error for a folder that no format claims: what could be opened instead. */
export function describeUnknownFolder({ path, names }: Folder): StateDictError {
  const models = names.filter((name) => MODEL_FILE.test(name));
  const shown = models.slice(0, NAMES_SHOWN).map((name) => JSON.stringify(name)).join(", ");
  const rest = models.length - NAMES_SHOWN;
  return new StateDictError(
    "unrecognized",
    "This folder holds neither an index of shards nor a distributed checkpoint",
    {
      path,
      hint: models.length === 0
        ? "name a file or a folder with *.index.json or .metadata in it"
        : `name a file in it: ${shown}${rest > 0 ? ` or ${rest} more` : ""}`,
    },
  );
}
