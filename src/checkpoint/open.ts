/**
 * Opens a file of any format, by its content and never by its name.
 *
 * @module
 */

import { locate } from "../errors.ts";
import type { FormatOptions, Opened, Probe } from "../formats/format.ts";
import { findFormat } from "../formats/table.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { PickleLimits } from "../pickle/limits.ts";
import type { StringEncoding } from "../pickle/machine_types.ts";
import type { PyObject, PyValue } from "../pickle/values.ts";
import { readZipDirectory } from "../zip/directory.ts";
import type { ZipDirectory } from "../zip/directory.ts";
import { Checkpoint } from "./checkpoint.ts";
import { toSource } from "./input.ts";
import type { Input } from "./input.ts";

/** A name that the caller allows, and how its calls become values. */
export interface AllowedName {
  /** `module.qualname`, exactly. */
  readonly name: string;
  /** What a call of it stands for; without it the call stays a node. It is the caller's own code. */
  readonly reduce?: (call: PyObject) => PyValue;
}

/** How to open a file. */
export interface OpenOptions {
  /** Names outside the allowlist that are allowed. */
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
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** First bytes that formats look at. */
const HEAD = 512;

/** Bytes of a source, with a zip directory read once for all who ask. */
export async function probeSource(source: ByteSource, signal?: AbortSignal): Promise<Probe> {
  const head = await readBytes(source, 0, Math.min(HEAD, source.size), signal);
  let directory: Promise<ZipDirectory> | undefined;
  return {
    source,
    head,
    zip: () => directory ??= readZipDirectory(source, signal ? { signal } : {}),
  };
}

/** Opens a source with the format that its bytes are; the source is closed if that fails. */
export async function openSource(source: ByteSource, options: FormatOptions): Promise<Opened> {
  try {
    const probe = await probeSource(source, options.signal);
    const format = await findFormat(probe);
    if (format) return await format.open(probe, options);
    const { describeUnknown } = await import("../formats/unknown.ts");
    throw describeUnknown(probe);
  } catch (error) {
    await source.close();
    throw locate(error, source.name);
  }
}

/**
 * Opens a checkpoint: reads its directory and its pickle, not its weights.
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
  options.signal?.throwIfAborted();
  const { allow = [], inert = false } = options;
  const source = await toSource(input);
  const opened = await openSource(source, formatOptions(options));
  try {
    if (!inert) {
      const names = new Set(allow.map((name) => typeof name === "string" ? name : name.name));
      const { checkStrict } = await import("./strict.ts");
      checkStrict(opened, names);
    }
    return new Checkpoint(opened, source.size, source.name);
  } catch (error) {
    await opened.close();
    throw locate(error, source.name);
  }
}

function formatOptions(
  { allow = [], signal, limits, encoding, buffers }: OpenOptions,
): FormatOptions {
  const reducers = allow.flatMap((name) => {
    if (typeof name === "string" || !name.reduce) return [];
    const { reduce } = name;
    return [[name.name, (call: PyObject) => reduce(call)] as const];
  });
  return {
    reducers,
    ...(signal ? { signal } : {}),
    ...(limits ? { limits } : {}),
    ...(encoding ? { encoding } : {}),
    ...(buffers ? { buffers } : {}),
  };
}
