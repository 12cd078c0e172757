/**
 * The document that `inspect --json` prints, as the comparisons read it, and its rules of paths.
 *
 * @module
 */

/** One tensor of the document; what the comparisons look for is named by the manifests. */
export interface DocumentTensor {
  readonly name: string;
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly storage?: unknown;
  readonly sha256?: unknown;
  readonly error?: unknown;
  readonly state?: { tensors?: DocumentTensor[]; values?: Record<string, unknown> };
  readonly local?: { storage?: unknown };
  readonly [detail: string]: unknown;
}

/** The document of one file. */
export interface InspectDocument {
  readonly file?: string;
  readonly format?: string;
  readonly size?: number;
  readonly compression?: string;
  readonly tensors?: DocumentTensor[];
  readonly constants?: DocumentTensor[];
  readonly storages?: { readonly name: string; readonly [detail: string]: unknown }[];
  readonly values?: Record<string, unknown>;
  readonly kinds?: Record<string, string>;
  readonly attributes?: Record<string, unknown>;
  readonly globals?: string[];
  readonly error?: { readonly code?: string; readonly message?: string };
  readonly [detail: string]: unknown;
}

/** The codes of an error that blames the file, not the caller or the machine. */
const FILE_IS_BAD = new Set([
  "unrecognized",
  "truncated",
  "corrupt",
  "refused",
  "limit",
  "unsupported",
]);

/** What is wrong with an error as the answer to a broken or refused file, if anything is. */
export function errorDifferences(error: InspectDocument["error"]): string[] {
  const differences: string[] = [];
  if (!FILE_IS_BAD.has(error?.code ?? "")) {
    differences.push(`error code ${error?.code} doesn't blame the file`);
  }
  if (!error?.message) differences.push("the error has no message");
  return differences;
}

/** The names with `~1`, `~2` after the second, third of equal ones. */
export function numberRepeats(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}~${times}`;
  });
}

/**
 * A path as both manuals would spell it: the PyTorch manifest knows no `~1` and writes a tuple key
 * by Python's repr and a bytes key as text.
 */
export function loosePath(path: string): string {
  return path
    .replace(/~\d+(?=\.|$)/g, "")
    .replace(/(^|\.)b'([^']*)'(?=\.|$)/g, "$1$2")
    .replace(/\([^()]*\)/g, (tuple) => tuple.replace(/[' ]/g, ""));
}

/** Whether `path` is `parent` or lies below it. */
export function isBelow(path: string, parent: string): boolean {
  return parent === "" || path === parent || path.startsWith(`${parent}.`);
}

/** The path that a value refers to, if it is a reference to an object seen before. */
export function referenceOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const target = (value as { $ref?: unknown }).$ref;
  return typeof target === "string" ? target : undefined;
}

/** More hops than any honest chain of references takes. */
const MAX_HOPS = 50;

/** Every spelling of `path` that the references of `values` lead to, nearest first. */
export function spellings(path: string, values: ReadonlyMap<string, unknown>): string[] {
  const found = [path];
  for (const spelling of found) {
    if (found.length > MAX_HOPS) break;
    for (let end = spelling.length; end > 0; end = spelling.lastIndexOf(".", end - 1)) {
      const target = referenceOf(values.get(spelling.slice(0, end)));
      if (target === undefined) continue;
      const rest = spelling.slice(end + 1);
      const next = target === "" ? rest : rest === "" ? target : `${target}.${rest}`;
      if (!found.includes(next)) found.push(next);
    }
  }
  return found;
}
