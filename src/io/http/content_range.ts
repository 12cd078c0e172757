/**
 * The header that says which bytes an answer has: `bytes FIRST-LAST/TOTAL`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";

/** Which bytes of how many. */
export interface ContentRange {
  /** Offset of the first byte. */
  readonly start: number;
  /** Offset behind the last byte. */
  readonly end: number;
  /** Bytes of the whole file. */
  readonly total: number;
}

/** Reads the header of an answer to a range. @throws `network` if it isn't there or says nothing sound. */
export function contentRange(headers: Headers, name: string): ContentRange {
  const text = headers.get("content-range");
  if (text === null) {
    throw new StateDictError("network", "The server's answer doesn't say which bytes it has", {
      path: name,
      hint: "in a browser, the server must expose the header Content-Range; else it is broken",
    });
  }
  const found = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/i.exec(text.trim());
  const [start, last, total] = (found ?? []).slice(1).map(Number);
  if (
    start === undefined || last === undefined || total === undefined ||
    start > last || last >= total || !Number.isSafeInteger(total)
  ) {
    throw new StateDictError("network", `The server gives ${JSON.stringify(text)} for a range`, {
      path: name,
      hint: "the server is broken; download the file by other means",
    });
  }
  return { start, end: last + 1, total };
}

/** Refuses an answer that has other bytes than those that were asked for. */
export function checkExact(
  { start, end }: ContentRange,
  asked: { readonly start: number; readonly end: number },
  name: string,
): void {
  if (start === asked.start && end === asked.end) return;
  throw new StateDictError(
    "network",
    `The server was asked for the bytes ${asked.start} to ${asked.end - 1} and gives ` +
      `${start} to ${end - 1}`,
    { path: name, hint: "the server is broken; download the file by other means" },
  );
}

/** Whether an answer of status 416 says that the file is empty. */
export function isEmptyFile(headers: Headers): boolean {
  return /^bytes \*\/0$/i.test(headers.get("content-range")?.trim() ?? "");
}
