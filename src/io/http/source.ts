/**
 * A remote file as a source: ranges over HTTP, in as few requests as can be.
 *
 * @module
 */

import { coalesce } from "../coalesce.ts";
import { cacheSpans } from "../span_cache.ts";
import type { SpanBudget } from "../span_cache.ts";
import { bytesSource } from "../source.ts";
import type { ByteSource } from "../source.ts";
import { checkNamed } from "./address.ts";
import { readEnds } from "./ends.ts";
import { parseAddress } from "./names.ts";
import type { Address } from "./names.ts";
import type { HttpOptions } from "./options.ts";
import { checkSame } from "./pin.ts";
import { rangeSource } from "./ranges.ts";
import type { Session } from "./request.ts";
import { downloadWhole } from "./whole.ts";

/**
 * Opens a remote file to read ranges of it: an `https:` address, or `hf://owner/repo[@rev]/path` for
 * a file of the Hugging Face hub. Its first and its last 64 KiB are asked for at once, which is all
 * that many checkpoints need to be listed.
 *
 * Where a server knows no ranges the file is downloaded into memory, and `warn` is told.
 *
 * @throws `refused` for an address that `options` don't allow; `not-found`; `network` for a server that
 *   can't be reached, breaks its promises, or has another version of the file by now.
 *
 * @example
 * ```ts ignore
 * import { httpSource, openCheckpoint } from "@statedict/statedict";
 *
 * const source = await httpSource("https://models.example/model.pt", { timeout: 5000 });
 * await using checkpoint = await openCheckpoint(source);
 * ```
 */
export async function httpSource(
  address: string | URL,
  options: HttpOptions = {},
): Promise<ByteSource> {
  return await openHttp(parseAddress(address, options), {});
}

/** The same for an address that has been taken apart; sources may share what is kept of them. */
export async function openHttp(
  { url, name, options, login }: Address,
  { budget }: { readonly budget?: SpanBudget },
): Promise<ByteSource> {
  checkNamed(url, options);
  const session: Session = { name, named: url, url, hosts: new Set(), options, login };
  const ends = await readEnds(session);
  if (ends.kind === "empty") return bytesSource(new Uint8Array(0), name);
  if (ends.kind === "whole") return await downloadWhole(session, ends.answer);
  const { head, tail } = ends;
  if (tail) checkSame(head.pin, tail.pin, name);
  const known: [number, Uint8Array][] = [[0, head.bytes]];
  if (tail) known.push([head.pin.total - tail.bytes.length, tail.bytes]);
  const source = coalesce(rangeSource(session, head.pin));
  return cacheSpans(source, budget ? { known, budget } : { known });
}
