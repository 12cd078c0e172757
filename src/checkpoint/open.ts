/**
 * Opens a file of any format, by its content and never by its name.
 *
 * @module
 */

import { locate } from "../errors.ts";
import type { FormatOptions } from "../formats/format.ts";
import { openFolder, openSource } from "../formats/open.ts";
import type { HttpOptions } from "../io/http/options.ts";
import { checkAborted } from "../io/source.ts";
import type { PickleLimits } from "../pickle/limits.ts";
import type { StringEncoding } from "../pickle/machine_types.ts";
import type { ReducerTable } from "../pickle/reduce.ts";
import type { PyObject, PyValue } from "../pickle/values.ts";
import { Checkpoint } from "./checkpoint.ts";
import { toPlace } from "./input.ts";
import type { Input, Place } from "./input.ts";

/** A name that the caller allows, and how its calls become values. */
export interface AllowedName {
  /** `module.qualname`, exactly. */
  readonly name: string;
  /** What a call of it stands for; without it the call stays a node. It is the caller's own code. */
  readonly reduce?: (call: PyObject) => PyValue;
}

/** How to open a file. */
export interface OpenOptions {
  /**
   * Names outside the allowlist that are allowed. `numpy.object_` stands for the arrays of Python
   * objects in npy and npz files: each is a pickle, held to the allowlist like any other.
   */
  readonly allow?: readonly (string | AllowedName)[];
  /**
   * Whether everything may be looked at: names outside the allowlist become inert nodes instead of
   * an error. Nothing runs either way.
   */
  readonly inert?: boolean;
  /** How Python 2 byte strings are read: text if ASCII, else bytes, by default. */
  readonly encoding?: StringEncoding;
  /** Out-of-band buffers of protocol 5, saved beside the pickle. */
  readonly buffers?: readonly Uint8Array<ArrayBuffer>[];
  /** Limits to change. */
  readonly limits?: Partial<PickleLimits>;
  /**
   * Whether a file that ends too early is opened for what is left of it: `damage` then says so, and
   * the tensors that are cut off are errors when they are read.
   */
  readonly recover?: boolean;
  /** How a remote file is read; by default only `https:`, and no host of a private network. */
  readonly remote?: HttpOptions;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a checkpoint: reads its directory and its pickle, not its weights. A folder is opened where
 * its files make up one checkpoint, such as shards with an index.
 *
 * @throws `refused` if it names anything outside the allowlist and `inert` isn't set;
 *   `unrecognized`, `truncated` or `corrupt` if it is no file that statedict knows, or a broken one.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from "@statedict/statedict";
 *
 * const checkpoint = await openCheckpoint("fixtures/torch/checkpoint.pt");
 * console.log(checkpoint.format, checkpoint.tensors.size);
 * await checkpoint.close();
 * ```
 */
export async function openCheckpoint(input: Input, options: OpenOptions = {}): Promise<Checkpoint> {
  checkAborted(options.signal);
  const { inert = false } = options;
  const { signal, remote } = options;
  const place = await toPlace(input, { ...(signal ? { signal } : {}), ...remote });
  const { path } = place;
  const found = place.source
    ? await openSource(place.source, formatOptions(options, place))
    : await openFolder(place.folder, formatOptions(options, place));
  const warnings = place.warnings ?? [];
  const opened = warnings.length === 0
    ? found
    : { ...found, warnings: [...warnings, ...found.warnings] };
  try {
    if (!inert) {
      const { checkStrict } = await import("./strict.ts");
      checkStrict(opened, allowedNames(options));
    }
    return new Checkpoint(
      { ...opened, nesting: options.limits?.nesting },
      opened.size ?? place.source?.size ?? 0,
      path,
    );
  } catch (error) {
    await opened.close();
    throw locate(error, path);
  }
}

function formatOptions(options: OpenOptions, { sibling }: Place): FormatOptions {
  const { signal, limits, encoding, buffers, recover } = options;
  return {
    reducers: allowedReducers(options),
    objects: allowedNames(options).has("numpy.object_"),
    ...(signal ? { signal } : {}),
    ...(recover ? { recover } : {}),
    ...(limits ? { limits } : {}),
    ...(encoding ? { encoding } : {}),
    ...(buffers ? { buffers } : {}),
    ...(sibling ? { sibling } : {}),
  };
}

/** The names that the caller allows beyond the allowlist. */
export function allowedNames({ allow = [] }: OpenOptions): Set<string> {
  return new Set(allow.map((name) => typeof name === "string" ? name : name.name));
}

/** The caller's own reducers for such names. */
export function allowedReducers({ allow = [] }: OpenOptions): ReducerTable {
  return allow.flatMap((name) => {
    if (typeof name === "string" || !name.reduce) return [];
    const { reduce } = name;
    return [[name.name, (call: PyObject) => reduce(call)] as const];
  });
}
