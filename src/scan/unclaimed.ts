/**
 * Bytes that nothing claims: what to say of them.
 *
 * @module
 */

import { findLookalike } from "../formats/unknown.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { Scan } from "./context.ts";
import { promisesModel } from "./place.ts";
import type { Place } from "./place.ts";

/** First bytes that are looked at. */
const HEAD = 512;

/** What bytes look like that nothing claims. */
export interface Unclaimed {
  /** What they are. */
  readonly why: string;
  /** Whether they are a whole file of another kind, not a model that broke. */
  readonly foreign: boolean;
}

/** Tells what bytes look like. */
export async function describeUnclaimed(source: ByteSource, place: Place): Promise<Unclaimed> {
  const head = await readBytes(source, 0, Math.min(HEAD, source.size));
  const known = findLookalike(head);
  const promised = promisesModel(place);
  if (known) return { why: known.message, foreign: !promised && known.code === undefined };
  const why = isText(head) ? "This is text" : "Nothing in it is known";
  return { why, foreign: false };
}

/** Tells of a member of an archive that nothing claims: by its name, or by what it is. */
export async function reportUnclaimedMember(
  { log }: Scan,
  source: ByteSource,
  place: Place,
): Promise<void> {
  const { where, hidden } = place;
  if (hidden || source.size === 0) return;
  const { why, foreign } = await describeUnclaimed(source, place);
  if (foreign) log.add({ rule: "foreign-file", where, why });
  else if (promisesModel(place)) {
    const wrong = "Its name promises a pickle or an array, but it is neither";
    log.add({ rule: "unrecognized", where, why: wrong });
  }
}

/** Whether bytes are UTF-8 without control characters; the last character may be cut. */
function isText(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head, { stream: true });
  // deno-lint-ignore no-control-regex -- these are what text hasn't
  return !/[\0-\x08\x0e-\x1f\x7f\ufffd]/.test(text);
}
