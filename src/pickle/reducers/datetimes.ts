/**
 * Dates and times, from the bytes in which `datetime` packs them.
 *
 * A date is year (2 bytes, big-endian), month, day; a time hour, minute, second, microsecond (3
 * bytes, big-endian); a datetime both. From protocol 4 on the top bit of the month, or of the hour
 * where there is no month, is `fold`. Python 2 wrote the bytes as a byte string.
 *
 * @module
 */

import { encodeLatin1 } from "../text.ts";
import { PyBytes, PyObject } from "../values.ts";
import type { PyValue } from "../values.ts";
import { PyLeaf } from "../view.ts";
import type { ReduceContext, Reducer } from "../view.ts";

function packed(value: PyValue | undefined, length: number): Uint8Array | undefined {
  const bytes = typeof value === "string"
    ? encodeLatin1(value)
    : value instanceof PyBytes
    ? value.data
    : null;
  return bytes?.length === length ? bytes : undefined;
}

const two = (n: number) => String(n).padStart(2, "0");

function dateText(b: Uint8Array, at = 0): string {
  const year = b[at]! << 8 | b[at + 1]!;
  return `${String(year).padStart(4, "0")}-${two(b[at + 2]! & 0x7f)}-${two(b[at + 3]!)}`;
}

function timeText(b: Uint8Array, at: number): string {
  const micro = b[at + 3]! << 16 | b[at + 4]! << 8 | b[at + 5]!;
  const text = `${two(b[at]! & 0x7f)}:${two(b[at + 1]!)}:${two(b[at + 2]!)}`;
  return micro === 0 ? text : `${text}.${String(micro).padStart(6, "0")}`;
}

function withFold(tag: string, text: string, fold: boolean): PyLeaf {
  return new PyLeaf(tag, text, text, fold ? new Map([["fold", 1]]) : null);
}

/** `+HH:MM` of a fixed offset, `""` without one, undefined for a zone that only Python knows. */
function offsetText(zone: PyValue | undefined, context: ReduceContext): string | undefined {
  if (zone === undefined || zone === null) return "";
  const leaf = context.reduce(zone);
  if (!(leaf instanceof PyLeaf) || leaf.tag !== "$timezone") return undefined;
  const seconds = Number(leaf.json);
  const rest = Math.abs(seconds);
  const text = `${seconds < 0 ? "-" : "+"}${two(Math.trunc(rest / 3600))}:${
    two(Math.trunc(rest / 60) % 60)
  }`;
  return rest % 60 ? `${text}:${two(rest % 60)}` : text;
}

function datetime({ args }: PyObject, context: ReduceContext): PyLeaf | undefined {
  const bytes = packed(args.items[0], 10);
  const offset = offsetText(args.items[1], context);
  if (!bytes || offset === undefined) return undefined;
  const text = `${dateText(bytes)}T${timeText(bytes, 4)}${offset}`;
  return withFold("$datetime", text, bytes[2]! > 0x7f);
}

function date({ args }: PyObject): PyLeaf | undefined {
  const bytes = packed(args.items[0], 4);
  return bytes && new PyLeaf("$date", dateText(bytes));
}

function time({ args }: PyObject, context: ReduceContext): PyLeaf | undefined {
  const bytes = packed(args.items[0], 6);
  const offset = offsetText(args.items[1], context);
  if (!bytes || offset === undefined) return undefined;
  return withFold("$time", timeText(bytes, 0) + offset, bytes[0]! > 0x7f);
}

function timedelta({ args }: PyObject): PyLeaf | undefined {
  const [days = 0, seconds = 0, microseconds = 0] = args.items;
  const parts = [days, seconds, microseconds];
  if (!parts.every((part) => typeof part === "number" && Number.isInteger(part))) return undefined;
  return new PyLeaf("$timedelta", normalized(parts as number[]));
}

/** Python keeps seconds and microseconds within a day and a second, and only the days negative. */
function normalized([days, seconds, micros]: number[]): number[] {
  const carried = seconds! + Math.floor(micros! / 1_000_000);
  const within = (value: number, size: number) => value - Math.floor(value / size) * size;
  return [
    days! + Math.floor(carried / 86_400),
    within(carried, 86_400),
    within(micros!, 1_000_000),
  ];
}

function timezone({ args }: PyObject, context: ReduceContext): PyLeaf | undefined {
  const [delta] = args.items;
  const leaf = delta instanceof PyObject ? context.reduce(delta) : undefined;
  if (!(leaf instanceof PyLeaf) || leaf.tag !== "$timedelta") return undefined;
  const [days, seconds] = leaf.json as number[];
  return new PyLeaf("$timezone", days! * 86400 + seconds!);
}

/** By the callee's Python 3 name. */
export const DATETIME_REDUCERS: readonly (readonly [string, Reducer<PyObject>])[] = [
  ["datetime.datetime", datetime],
  ["datetime.date", date],
  ["datetime.time", time],
  ["datetime.timedelta", timedelta],
  ["datetime.timezone", timezone],
];
