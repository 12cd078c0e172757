/**
 * Where `extract` writes to: a stream, a file, a folder of files or an archive.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { uniqueFileNames } from "../edit/file_names.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TENSOR_FORMS } from "./extract_formats.ts";
import type { Io } from "./io.ts";

/** Forms that hold many tensors in one file. */
export const ARCHIVES: readonly string[] = ["npz", "safetensors"];

/** Where it goes. */
export interface ExtractTarget {
  /** What is made there. */
  readonly kind: "archive" | "stream" | "file" | "folder";
  /** The path; undefined for standard output. */
  readonly path: string | undefined;
  /** Whether several tensors in one file are an array. */
  readonly array: boolean;
}

/** What is to be written, and how. */
export interface ExtractJob {
  /** The input. */
  readonly file: string;
  /** The same, open. */
  readonly checkpoint: Checkpoint;
  /** What is taken out of it. */
  readonly tensors: readonly (readonly [string, Tensor])[];
  /** The word of `--format`. */
  readonly format: string;
  /** Where it goes. */
  readonly target: ExtractTarget;
  /** Elements of a tensor that may be written as text. */
  readonly maxElements: number;
  /** Replace files that are there. */
  readonly force: boolean;
  /** The command's outputs. */
  readonly io: Io;
}

/** Names of files that hold several tensors as JSON. */
const JSON_FILES = /\.(json|ndjson|jsonl)$/i;

/** What a path becomes for so many tensors. */
export async function targetOf(
  out: string | undefined,
  format: string,
  tensors: number,
): Promise<ExtractTarget> {
  const path = out === "-" ? undefined : out;
  const array = path !== undefined && /\.json$/i.test(path);
  if (ARCHIVES.includes(format)) return { kind: "archive", path, array };
  if (path === undefined) return { kind: "stream", path, array };
  const inOne = tensors === 1 || (format === "json" && JSON_FILES.test(path));
  const kind = inOne && !await isFolder(path) ? "file" : "folder";
  return { kind, path, array };
}

async function isFolder(path: string): Promise<boolean> {
  if (/[/\\]$/.test(path)) return true;
  const { statPath } = await import("../io/file.ts");
  try {
    return (await statPath(path)).isDirectory;
  } catch {
    return false; // Not there: it becomes a file.
  }
}

/** The files of a folder: one a tensor, and the index that says which holds what. */
export function folderFiles({ tensors, format, target }: ExtractJob): {
  readonly files: readonly string[];
  readonly index: string;
} {
  const base = target.path!.replace(/[/\\]+$/, "");
  const { extension } = TENSOR_FORMS.get(format)!;
  const names = uniqueFileNames(tensors.map(([name]) => name), ["index"]);
  return {
    files: tensors.map(([name]) => `${base}/${names.get(name)}.${extension}`),
    index: `${base}/index.json`,
  };
}
