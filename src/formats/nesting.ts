/**
 * Files inside files.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { FormatOptions } from "./format.ts";

/** PyTorch puts one file into another; archives that hold themselves have no end. */
const MAX_NESTING = 8;

/** The options for a file that lies in another. @throws `limit` if that lies too deep itself. */
export function nestedOptions(options: FormatOptions): FormatOptions {
  const { sibling: _, nesting = 0, ...rest } = options; // a part leads to no further files
  if (nesting < MAX_NESTING) return { ...rest, nesting: nesting + 1 };
  throw new StateDictError("limit", `Files lie more than ${MAX_NESTING} deep in one another`, {
    hint: "no ordinary program writes this; get the file from someone you trust",
  });
}
