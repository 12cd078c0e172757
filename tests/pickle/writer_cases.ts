/**
 * The values of fixtures/pickle/writer.json and the pickles that CPython 3.11 made of them.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { PyDict, PySet } from "../../src/pickle/dict.ts";
import { PyBytes, pyFloat, PyGlobal, pyInt, PyObject, PyTuple } from "../../src/pickle/values.ts";
import type { PyObjectForm, PyValue } from "../../src/pickle/values.ts";
import { inRepo } from "../support/corpus.ts";

/** A pickle, or its length and digest where it is long. */
export type Expected = string | { length: number; sha256: string };

/** One value in the form it takes under some protocols, with the pickle of each. */
export interface WriterCase {
  /** The Python expression. */
  source: string;
  value: Coded;
  pickles: Record<string, Expected>;
}

type Coded = null | boolean | string | CodedNode;

interface CodedNode {
  id?: number;
  ref?: number;
  int?: string;
  float?: string;
  repeat?: [string, number];
  bytes?: string;
  bytesRepeat?: [number, number];
  bytearray?: string;
  bytearrayRepeat?: [number, number];
  list?: Coded[];
  listRange?: number;
  tuple?: Coded[];
  set?: Coded[];
  setRange?: number;
  frozenset?: Coded[];
  frozensetRange?: number;
  dict?: Coded[];
  dictRange?: number;
  global?: [string, string];
  object?: PyObjectForm;
  callee?: Coded;
  args?: Coded;
  kwargs?: Coded;
  items?: Coded[] | { range: number };
  entries?: Coded[] | { range?: number; doubles?: number };
  state?: Coded;
  setter?: [Coded, Coded];
}

/** All cases of the fixture. */
export function writerCases(): WriterCase[] {
  return JSON.parse(readFileSync(inRepo("fixtures", "pickle", "writer.json"), "utf8"));
}

/** Builds the value of a case. */
export function buildValue(coded: Coded): PyValue {
  return build(coded, new Map());
}

type Known = Map<number, PyValue>;

function build(coded: Coded, known: Known): PyValue {
  if (coded === null || typeof coded !== "object") return coded;
  if (coded.ref !== undefined) return known.get(coded.ref)!;
  const all = (parts: Coded[]) => parts.map((part) => build(part, known));
  const remember = <T extends PyValue>(value: T): T => {
    if (coded.id !== undefined) known.set(coded.id, value);
    return value;
  };
  if (coded.int !== undefined) return pyInt(BigInt(coded.int));
  if (coded.float !== undefined) return pyFloat(Number(coded.float.replace("inf", "Infinity")));
  if (coded.repeat) return coded.repeat[0].repeat(coded.repeat[1]);
  if (coded.bytes !== undefined) return remember(new PyBytes("bytes", fromHex(coded.bytes)));
  if (coded.bytesRepeat) return new PyBytes("bytes", filled(coded.bytesRepeat));
  if (coded.bytearray !== undefined) {
    return remember(new PyBytes("bytearray", fromHex(coded.bytearray)));
  }
  if (coded.bytearrayRepeat) return new PyBytes("bytearray", filled(coded.bytearrayRepeat));
  if (coded.listRange !== undefined) return range(coded.listRange);
  if (coded.setRange !== undefined) return new PySet(range(coded.setRange));
  if (coded.frozensetRange !== undefined) return new PySet(range(coded.frozensetRange), true);
  if (coded.dictRange !== undefined) {
    return new PyDict(range(coded.dictRange).flatMap((i) => [i, null]));
  }
  if (coded.list) {
    const list = remember<PyValue[]>([]);
    list.push(...all(coded.list));
    return list;
  }
  if (coded.tuple) {
    const tuple = remember(new PyTuple([]));
    tuple.items.push(...all(coded.tuple));
    return tuple;
  }
  if (coded.set ?? coded.frozenset) {
    const set = remember(new PySet([], coded.frozenset !== undefined));
    set.add(all(coded.set ?? coded.frozenset!));
    return set;
  }
  if (coded.dict) {
    const dict = remember(new PyDict());
    dict.append(all(coded.dict));
    return dict;
  }
  if (coded.global) return remember(new PyGlobal(...coded.global));
  return buildObject(coded, known, remember);
}

function buildObject(
  coded: CodedNode,
  known: Known,
  remember: (value: PyObject) => PyObject,
): PyObject {
  const callee = build(coded.callee!, known);
  const args = build(coded.args!, known) as PyTuple;
  const object = remember(new PyObject(coded.object!, callee, args));
  if (coded.kwargs) object.kwargs = build(coded.kwargs, known) as PyDict;
  const { items, entries } = coded;
  if (items) {
    object.items = Array.isArray(items) ? items.map((x) => build(x, known)) : range(items.range);
  }
  if (Array.isArray(entries)) object.entries = new PyDict(entries.map((x) => build(x, known)));
  else if (entries) {
    const { range: keys, doubles } = entries;
    const flat = range(keys ?? doubles!).flatMap((i) => [i, keys === undefined ? i : null]);
    object.entries = new PyDict(flat);
  }
  if (coded.state !== undefined) object.states = [build(coded.state, known)];
  if (coded.setter) {
    const [setter, state] = coded.setter.map((part) => build(part, known));
    object.setters = [new PyObject("reduce", setter!, new PyTuple([object, state!]))];
  }
  return object;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function filled([byte, length]: [number, number]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(byte);
}

/** Bytes from their hexadecimal digits. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
