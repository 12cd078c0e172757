/**
 * Small files made by hand, each for one rule. Every payload is inert: the command is `true`.
 *
 * @module
 */

import { scan } from "../../src/scan/scan.ts";
import type { ScanOptions } from "../../src/scan/scan.ts";
import type { ScanReport } from "../../src/scan/report.ts";
import { bytesSource } from "../../src/io/source.ts";

/** Bytes of a text, one each. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One run of bytes after the other. */
export function joined(...parts: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((part) => typeof part === "string" ? latin1(part) : part);
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** `os.system("true")`: PROTO 2, GLOBAL, BINUNICODE, TUPLE1, REDUCE, STOP. */
export const SYSTEM = "\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.";

/** `{"a": 1}`, without a name in it. */
export const PLAIN = "\x80\x02}X\x01\0\0\0aK\x01s.";

/** Scans bytes under a name. */
export function scanBytes(
  bytes: string | Uint8Array<ArrayBuffer>,
  name = "made.pkl",
  options: ScanOptions = {},
): Promise<ScanReport> {
  const plain = typeof bytes === "string" ? latin1(bytes) : bytes;
  return scan(bytesSource(plain, name), options);
}

/** The verdict, the rules that were broken and the names, as one comparable text. */
export async function outcome(
  bytes: string | Uint8Array<ArrayBuffer>,
  name?: string,
  options?: ScanOptions,
): Promise<string> {
  const { verdict, findings, globals } = await scanBytes(bytes, name, options);
  const rules = [...new Set(findings.map(({ rule }) => rule))].sort();
  const names = [...new Set(globals.map((global) => global.name))].sort();
  return [verdict, rules.join(","), names.join(",")].join(" | ");
}
