/**
 * Runs the pickle machine over bytes in memory or over a source, window by window.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "./limits.ts";
import { PickleMachine } from "./machine.ts";
import type { MachineEffects } from "./machine_effects.ts";
import type { GlobalUse, MachineOptions, PickleAnomaly } from "./machine_types.ts";
import type { PyBytes, PyObject, PyValue } from "./values.ts";

/** One pickle, read. */
export interface Pickle {
  /** The value it builds. */
  readonly value: PyValue;
  /** Offset after its STOP. */
  readonly end: number;
  /** The protocol that PROTO announced, or null. */
  readonly protocol: number | null;
  /** Every name it imports, in order, each as often as it does. */
  readonly globals: readonly GlobalUse[];
  /** Everything no ordinary pickler writes. */
  readonly anomalies: readonly PickleAnomaly[];
  /** Calls whose result it throws away. */
  readonly discarded: readonly PyObject[];
}

/** What stands between the opcodes: the value that takes the object's place, and where opcodes go on. */
export interface InlineValue {
  /** Takes the place of the object. */
  readonly value: PyValue;
  /** Offset of the next opcode. */
  readonly end: number;
}

/** How to read a pickle of a source. */
export interface ReadOptions extends Omit<MachineOptions, "size" | "pauseForBuffers"> {
  /** Reads the bytes that stand between opcodes after `object`; goes with `inlineAfter`. */
  readonly readInline?: (object: PyObject, at: number) => Promise<InlineValue>;
  /** Finds an out-of-band buffer that isn't among `buffers`. */
  readonly findBuffer?: (index: number) => Promise<PyBytes>;
  /** Given what the machine notes before it runs: there it is also when the pickle breaks. */
  readonly onStart?: (effects: MachineEffects) => void;
  /** Bytes to look at first; 64 KiB by default. */
  readonly firstWindow?: number;
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
}

/** First window: most small checkpoints' pickles fit, and a disk gives it in one go. */
const FIRST_WINDOW = 64 * 1024;
/** Windows double up to this. */
const LARGEST_WINDOW = 1024 * 1024;
/** The window after inline bytes: the next array's description, which is all that most files have there. */
const INLINE_WINDOW = 4 * 1024;

/** Reads one pickle of bytes in memory, from `start` on. */
export function parsePickle(
  bytes: Uint8Array<ArrayBuffer>,
  options: Omit<MachineOptions, "size"> = {},
  start = 0,
): Pickle {
  const limit = options.limits?.bytes ?? DEFAULT_PICKLE_LIMITS.bytes;
  if (bytes.length - start > limit && options.spanFrom === undefined) {
    throw limitError(`A pickle of ${bytes.length - start} bytes`, limit, "bytes");
  }
  const machine = new PickleMachine({ ...options, size: bytes.length });
  const pause = machine.run(bytes.subarray(start), start, true);
  if (pause.kind === "done") return result(machine, pause.value, pause.end);
  if (pause.kind === "inline") {
    throw new StateDictError(
      "unsupported",
      "Arrays stand between the opcodes, as joblib puts them",
      {
        offset: pause.at,
        hint: "open it as a file, with openCheckpoint or load",
      },
    );
  }
  // Only a byte string left in the stream can leave the machine waiting at the very end.
  throw new StateDictError("truncated", "The pickle ends before its STOP", { offset: pause.at });
}

/** Reads one pickle of a source, from `start` on, reading no more of it than it needs. */
export async function readPickle(
  source: ByteSource,
  start: number,
  options: ReadOptions = {},
): Promise<Pickle> {
  const { signal, readInline, findBuffer, firstWindow = FIRST_WINDOW } = options;
  const machine = new PickleMachine({
    source,
    ...options,
    size: source.size,
    pauseForBuffers: findBuffer !== undefined,
  });
  options.onStart?.(machine.effects);
  const limit = options.limits?.bytes ?? DEFAULT_PICKLE_LIMITS.bytes;
  let at = start;
  let want = firstWindow;
  let seen = 0;
  for (;;) {
    checkAborted(signal);
    const length = Math.min(want, source.size - at);
    if (length < 0) {
      throw new StateDictError("truncated", "The pickle ends before its STOP", { offset: at });
    }
    const bytes = await readBytes(source, at, length, signal);
    const pause = machine.run(bytes, at, at + length >= source.size);
    if (pause.kind === "done") return result(machine, pause.value, pause.end);
    seen += Math.min(pause.at, at + length) - at;
    if (seen > limit) {
      throw limitError(`A pickle of more than ${seen} bytes`, limit, "bytes", pause.at);
    }
    at = pause.at;
    if (pause.kind === "inline") {
      const inline = await readInline!(pause.object, pause.at);
      machine.resume(inline.value, inline.end);
      at = inline.end;
      want = INLINE_WINDOW;
    } else if (pause.kind === "buffer") {
      machine.provide(await findBuffer!(pause.index));
      want = INLINE_WINDOW;
    } else {
      // One long text must fit the limit before memory is taken for it.
      if (pause.length > limit) {
        throw limitError(`A text of ${pause.length} bytes`, limit, "bytes", pause.at);
      }
      want = Math.max(Math.min(want * 2, LARGEST_WINDOW), pause.length);
    }
  }
}

function result(machine: PickleMachine, value: PyValue, end: number): Pickle {
  const { protocol, globals, anomalies, discarded } = machine.effects;
  return { value, end, protocol, globals, anomalies, discarded };
}
