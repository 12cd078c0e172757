/**
 * A second thread for what is asked of every tensor by itself: digests, statistics, checksums. It
 * starts from the other end and answers for the tensors that it has begun with; all others, and all
 * errors, are the command's own.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { startThread } from "../io/thread.ts";
import type { Thread, ThreadEvents } from "../io/thread.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Io } from "./io.ts";
import type { Answers, Order, Told } from "./second_hand_worker.ts";

/** The thread. */
export interface SecondHand<Kind extends keyof Answers> {
  /** Tensors that it has begun with so far. */
  readonly begun: number;
  /** Its answers for a tensor, or undefined for one that isn't its own, which nobody has begun with. */
  answers(tensor: Tensor): Promise<Pick<Answers, Kind> | undefined>;
  /** Ends it. */
  end(): void;
}

/** Answers about the numbers of a tensor, if there are any. */
export type KnownNumbers = (
  tensor: Tensor,
) => Promise<Partial<Pick<Answers, "sha256" | "stats">> | undefined>;

/** Who has begun with a tensor. */
const [NOBODYS, OURS, THEIRS] = [0, 1, 2];

/** Bytes from which a second thread is worth its start of 20 to 70 ms. */
const WORTHWHILE = 2 ** 28;

/** What the thread needs to know. */
export interface SecondHandOptions<Kind extends keyof Answers> {
  /** The FILE of the command line. */
  readonly file: string;
  /** The limits that it was opened with. */
  readonly io: Pick<Io, "limits">;
  /** What is asked of every tensor. */
  readonly asked: readonly Kind[];
  /** Which tensors are asked for; all of them if not given. */
  readonly keep?: (path: string) => boolean;
}

/** A hand that has nothing to do. */
const NOBODY = { begun: 0, answers: () => Promise.resolve(undefined), end: () => {} };

/** Starts the thread, where there is enough to do in a local file that both can read in any order. */
export async function secondHand<Kind extends keyof Answers>(
  checkpoint: Checkpoint,
  { file, io, asked, keep = () => true }: SecondHandOptions<Kind>,
): Promise<SecondHand<Kind>> {
  const names = new Map<Tensor, string>();
  let bytes = 0;
  for (const [path, tensor] of checkpoint.tensors) {
    if (names.has(tensor) || !keep(path)) continue;
    names.set(tensor, path);
    bytes += tensor.nbytes;
  }
  const isLocal = file !== "-" && !/^[a-z]+:\/\//i.test(file);
  if (bytes < WORTHWHILE || !isLocal || checkpoint.compression !== "none") return NOBODY;
  if ((globalThis.navigator?.hardwareConcurrency ?? 2) < 2) return NOBODY;
  const claims = new Int32Array(new SharedArrayBuffer(4 * names.size));
  const listener = listen<Kind>(names, claims);
  const { url } = import.meta;
  const module = new URL(`./second_hand_worker${url.slice(url.lastIndexOf("."))}`, url);
  const thread = await startThread(module, listener);
  thread?.post(
    { file, limits: io.limits, asked, paths: [...names.values()], claims } satisfies Order,
  );
  return listener.of(thread);
}

interface Listener<Kind extends keyof Answers> extends ThreadEvents {
  of(thread: Thread | undefined): SecondHand<Kind>;
}

function listen<Kind extends keyof Answers>(
  names: ReadonlyMap<Tensor, string>,
  claims: Int32Array,
): Listener<Kind> {
  type Given = Pick<Answers, Kind> | undefined;
  const indices = new Map([...names.keys()].map((tensor, i) => [tensor, i]));
  const told = new Map<number, Given>();
  const waiting = new Map<number, (answers: Given) => void>();
  let gone = false;
  const failed = () => {
    gone = true;
    for (const resolve of waiting.values()) resolve(undefined);
  };
  return {
    failed,
    message(data) {
      if (data === null) return failed();
      const { index, answers } = data as Told;
      told.set(index, answers as Given);
      waiting.get(index)?.(answers as Given);
    },
    of: (thread) => ({
      get begun() {
        return claims.filter((claim) => claim === THEIRS).length;
      },
      async answers(tensor) {
        const index = indices.get(tensor);
        if (!thread || index === undefined) return undefined;
        if (Atomics.compareExchange(claims, index, NOBODYS, OURS) !== THEIRS) return undefined;
        if (gone || told.has(index)) return told.get(index);
        return await new Promise((resolve) => waiting.set(index, resolve));
      },
      end: () => thread?.end(),
    }),
  };
}
