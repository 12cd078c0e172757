/**
 * Which members can be read at all, by what the directory says of them.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";
import type { ZipEntry } from "./entries.ts";
import { DEFLATED, STORED } from "./layout.ts";
import type { ZipRule } from "./problem.ts";

/** The methods that archives of models may be met with (APPNOTE, section 4.4.5). */
const METHODS: ReadonlyMap<number, string> = new Map([
  [STORED, "stored"],
  [DEFLATED, "deflated"],
  [9, "Deflate64"],
  [12, "bzip2"],
  [14, "LZMA"],
  [93, "Zstandard"],
  [95, "xz"],
  [99, "AES encryption"],
]);

/** Flags that change what the bytes are, with what they mean. */
const FOREIGN_FLAGS: readonly (readonly [number, string])[] = [
  [0x1, "encrypted"],
  [0x20, "a patch to other data"],
  [0x40, "strongly encrypted"],
  [0x2000, "encrypted with its header"],
];

/** What a method is called. */
export function methodName(method: number): string {
  return METHODS.get(method) ?? "unknown";
}

/** Why a member can't be read. */
export interface Unreadable {
  /** Which kind of anomaly it is. */
  readonly rule: ZipRule;
  /** What reading it is answered with. */
  readonly code: ErrorCode;
  /** What is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Why a member can't be read, or undefined if nothing in the directory speaks against it. */
export function unreadable(entry: ZipEntry): Unreadable | undefined {
  if (entry.problem !== undefined) {
    return { rule: "Z7", code: "corrupt", message: entry.problem };
  }
  for (const [flag, meaning] of FOREIGN_FLAGS) {
    if (entry.flags & flag) {
      return { rule: "Z5", code: "unsupported", message: `Its flags say it is ${meaning}` };
    }
  }
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    return {
      rule: "Z5",
      code: "unsupported",
      message: `It is packed by method ${entry.method} (${methodName(entry.method)})`,
      hint: "pack it again, stored or deflated",
    };
  }
  if (entry.method === STORED && entry.size !== entry.compressedSize) {
    return {
      rule: "Z7",
      code: "corrupt",
      message: `It is stored, but has two sizes, ${entry.size} and ${entry.compressedSize}`,
    };
  }
  return undefined;
}
