/**
 * The options that edit, for every command that has edits.
 *
 * @module
 */

import type { Edits } from "../edit/edit.ts";

/** One line an edit. */
export const EDIT_OPTIONS = {
  root: { type: "string", value: "PATH", help: "take this sub-tree, such as model or state_dict" },
  ema: { type: "boolean", help: "averaged weights take the place of the trained ones" },
  filter: { type: "string", short: "f", value: "GLOB", multiple: true, help: "keep only these" },
  drop: { type: "string", value: "GLOB", multiple: true, help: "leave these out" },
  rename: {
    type: "string",
    value: "FROM=TO",
    multiple: true,
    help: "replace what fits the regular expression FROM",
  },
  stripPrefix: {
    type: "string",
    value: "TEXT",
    multiple: true,
    help: "take a beginning of names away, such as module.",
  },
  addPrefix: { type: "string", value: "TEXT", help: "put a beginning before every name" },
  dtype: {
    type: "string",
    value: "[GLOB=]DTYPE",
    multiple: true,
    help: "cast floats, or what GLOB names; the last that fits counts",
  },
  compact: { type: "boolean", help: "save of each storage only what the tensors look at" },
  untie: { type: "boolean", help: "tensors that share a storage get their own" },
  tie: { type: "boolean", help: "tensors with equal bytes share one storage" },
} as const;

/** What a command line gives for them. */
export interface EditArguments {
  readonly root: string | undefined;
  readonly ema: boolean;
  readonly filter: string[];
  readonly drop: string[];
  readonly rename: string[];
  readonly stripPrefix: string[];
  readonly addPrefix: string | undefined;
  readonly dtype: string[];
  readonly compact: boolean;
  readonly untie: boolean;
  readonly tie: boolean;
}

/** The same as the library takes it. */
export function editsOf(options: EditArguments): Edits {
  const { root, addPrefix, ...edits } = options;
  return {
    ema: edits.ema,
    filter: edits.filter,
    drop: edits.drop,
    rename: edits.rename,
    stripPrefix: edits.stripPrefix,
    dtype: edits.dtype,
    compact: edits.compact,
    untie: edits.untie,
    tie: edits.tie,
    ...(root === undefined ? {} : { root }),
    ...(addPrefix === undefined ? {} : { addPrefix }),
  };
}
