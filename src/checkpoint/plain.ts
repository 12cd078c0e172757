/**
 * Python's `pickle.loads` and `pickle.dumps` for plain values, and the same for files.
 *
 * @module
 */

import { numpyReducers } from "../formats/numpy/pickled.ts";
import { PickleReport } from "../formats/format.ts";
import { plainAnomalies } from "../formats/pickle/anomalies.ts";
import { wrapperKind } from "../formats/joblib/classes.ts";
import { writeBytes } from "../io/sink.ts";
import { parsePickle } from "../pickle/read.ts";
import { makeReduce } from "../pickle/reduce.ts";
import { CONTAINER_REDUCERS } from "../pickle/reducers/containers.ts";
import { DATETIME_REDUCERS } from "../pickle/reducers/datetimes.ts";
import { SCALAR_REDUCERS } from "../pickle/reducers/scalars.ts";
import { loadBytes } from "../pickle/spans.ts";
import { PyBytes } from "../pickle/values.ts";
import { pickleBytes } from "../pickle/writer.ts";
import { fromJS } from "./from_js.ts";
import type { Input } from "./input.ts";
import { allowedNames, allowedReducers, openCheckpoint } from "./open.ts";
import type { OpenOptions } from "./open.ts";
import { toSink } from "./output.ts";
import type { Output } from "./output.ts";
import { checkStrict } from "./strict.ts";
import { toJS } from "./to_js.ts";

/** How to read a pickle in memory. */
export type LoadsOptions = Omit<OpenOptions, "signal">;

/** How to write a pickle. */
export interface DumpsOptions {
  /** 0 to 5; 4 by default, as Python's own is until 3.13. */
  readonly protocol?: number;
}

/** How to write a pickle to a file. */
export interface DumpOptions extends DumpsOptions {
  /** Replace a file that is there. */
  readonly force?: boolean;
}

/**
 * Reads a pickle as plain JavaScript: dicts become objects (or `Map`s, if a key is no string),
 * tuples arrays, numpy arrays tensors, and so on; see {@linkcode toJS}. Bytes behind the pickle are
 * left alone, as Python leaves them.
 *
 * Strict: a pickle that names anything outside the allowlist is refused, and nothing that it names
 * is ever run.
 *
 * @throws `refused` with the names, `truncated` or `corrupt` for a broken pickle.
 *
 * @example
 * ```ts
 * import { dumps, loads } from "@statedict/statedict";
 *
 * const bytes = dumps({ epoch: 3, lr: 0.5, names: ["a", "b"], big: 2n ** 70n });
 * console.log(loads(bytes)); // { epoch: 3, lr: 0.5, names: ["a", "b"], big: 1180591620717411303424n }
 * ```
 */
export function loads(
  bytes: Uint8Array | ArrayBuffer,
  options: LoadsOptions = {},
): unknown {
  const { inert = false, limits, encoding, buffers } = options;
  const pickle = parsePickle(ownBytes(bytes), {
    inlineAfter: (object) => wrapperKind(object) !== undefined,
    ...(limits ? { limits } : {}),
    ...(encoding ? { encoding } : {}),
    ...(buffers ? { buffers } : {}),
  });
  const report = new PickleReport();
  report.add(pickle);
  const { globals, anomalies } = report;
  if (!inert) {
    checkStrict({ globals, anomalies: plainAnomalies(anomalies) }, allowedNames(options));
  }
  const reduce = makeReduce({
    calls: [
      CONTAINER_REDUCERS,
      SCALAR_REDUCERS,
      DATETIME_REDUCERS,
      numpyReducers(),
      allowedReducers(options),
    ],
  });
  return toJS(pickle.value, reduce);
}

function ownBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
  // Memory that other threads may change under us is copied, so that checks stay true.
  return bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes);
}

/**
 * Writes plain JavaScript as a pickle that Python reads: objects and `Map`s become dicts, arrays
 * lists, whole numbers ints, others floats, `Uint8Array`s bytes, loaded tensors numpy arrays.
 * `PyTuple`, `PyFloat`, `PyObject` and the other classes say what JavaScript can't.
 *
 * @throws `usage` for what has no counterpart in Python, such as a function.
 *
 * @example
 * ```ts
 * import { dumps, PyTuple } from "@statedict/statedict";
 *
 * const bytes = dumps({ size: new PyTuple([640, 480]), mean: new Set([0.5]) }, { protocol: 2 });
 * console.log(bytes.length);
 * ```
 */
export function dumps(value: unknown, options: DumpsOptions = {}): Uint8Array<ArrayBuffer> {
  return pickleBytes(fromJS(value), { protocol: options.protocol ?? 4 });
}

/**
 * Reads a file of any format as plain JavaScript, with all its tensors and byte strings loaded.
 *
 * @throws What {@linkcode openCheckpoint} throws.
 *
 * @example
 * ```ts
 * import { load } from "@statedict/statedict";
 *
 * const { epoch } = await load("fixtures/torch/checkpoint.pt") as { epoch: number };
 * console.log(epoch);
 * ```
 */
export async function load(input: Input, options: OpenOptions = {}): Promise<unknown> {
  await using checkpoint = await openCheckpoint(input, options);
  for (const entry of checkpoint.outline()) {
    if (entry.kind === "tensor") await entry.tensor.load(options.signal);
    else if (entry.kind === "leaf" && entry.value instanceof PyBytes) {
      entry.value.data = (await loadBytes(entry.value, options.signal)).data;
    }
  }
  return checkpoint.toJS();
}

/**
 * Writes plain JavaScript as a pickle into a file; see {@linkcode dumps}. The file appears whole or
 * not at all.
 *
 * @throws `exists` if the output is there and `force` isn't set.
 */
export async function dump(
  output: Output,
  value: unknown,
  options: DumpOptions = {},
): Promise<void> {
  const bytes = dumps(value, options);
  const sink = await toSink(output, options.force ?? false);
  try {
    await writeBytes(sink, bytes);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
