/**
 * The second thread of a command: it opens the file too, and goes through the tensors from the last
 * one on until it meets the first thread; see `second_hand.ts`.
 *
 * @module
 */

import { openCheckpoint } from "../checkpoint/open.ts";
import { readTensor } from "../checkpoint/verify.ts";
import { firstMessage } from "../io/thread.ts";
import type { PickleLimits } from "../pickle/limits.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { tensorStats } from "../tensor/stats.ts";
import type { TensorStats } from "../tensor/stats.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** What may be asked of a tensor, and what the answer is. */
export interface Answers {
  /** Its digest. */
  readonly sha256: string;
  /** Its statistics. */
  readonly stats: TensorStats | null;
  /** That all of its bytes were read, and are those that were written. */
  readonly verify: true;
}

const ASKED: { readonly [Kind in keyof Answers]: (tensor: Tensor) => Promise<Answers[Kind]> } = {
  sha256: (tensor) => tensorSha256(tensor),
  stats: (tensor) => tensorStats(tensor),
  verify: (tensor) => readTensor(tensor).then(() => true),
};

/** What the thread is given. */
export interface Order {
  /** What to open. */
  readonly file: string;
  /** The limits that the command line sets. */
  readonly limits: Partial<PickleLimits>;
  /** What is asked of every tensor. */
  readonly asked: readonly (keyof Answers)[];
  /** Their names. */
  readonly paths: readonly string[];
  /** For each: 0 as long as nobody has begun with it. */
  readonly claims: Int32Array;
}

/** What it tells of one. */
export interface Told {
  /** Its place in the order. */
  readonly index: number;
  /** The answers; none if there was an error. */
  readonly answers: Partial<Answers> | undefined;
}

const [data, reply] = await firstMessage();
// Null says that it gives up: the first thread meets the error too, and has the words for it.
await work(data as Order, reply).catch(() => reply(null));

async function work(order: Order, reply: (told: Told | null) => void): Promise<void> {
  const { file, limits, asked, paths, claims } = order;
  // As much of it as there is: what is missing is an error of the tensors, as in the first thread.
  await using checkpoint = await openCheckpoint(file, { inert: true, recover: true, limits });
  for (let index = paths.length - 1; index >= 0; index--) {
    if (Atomics.compareExchange(claims, index, 0, 2) !== 0) continue;
    const tensor = checkpoint.tensors.get(paths[index]!);
    reply({ index, answers: tensor && await answersOf(tensor, asked) });
  }
}

async function answersOf(
  tensor: Tensor,
  asked: readonly (keyof Answers)[],
): Promise<Partial<Answers> | undefined> {
  try {
    const answers = new Map<string, unknown>();
    for (const kind of asked) answers.set(kind, await ASKED[kind](tensor));
    return Object.fromEntries(answers);
  } catch {
    return undefined;
  }
}
