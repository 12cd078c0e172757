/**
 * Damages bytes in the ways that files are damaged and forged: some that know nothing of what the
 * bytes mean, and some that know pickles and archives, so that most of what they make is read far.
 *
 * @module
 */

import { crc32 } from "../../src/io/crc32.ts";
import { disassemble } from "../../src/pickle/dis.ts";
import { OPCODES } from "../../src/pickle/opcodes.ts";
import type { Random } from "./random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A way to damage bytes; may give back what it was given where it has nothing to do. */
export type Mutation = (bytes: Bytes, random: Random) => Bytes;

/** Numbers at which lengths, counts and offsets change their ways. */
const EDGES = [0, 1, 127, 128, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];

function splice(bytes: Bytes, at: number, removed: number, added: Uint8Array): Bytes {
  const result = new Uint8Array(bytes.length - removed + added.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(bytes.subarray(at + removed), at + added.length);
  return result;
}

const flipBit: Mutation = (bytes, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
};

const setByte: Mutation = (bytes, random) => {
  if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
};

const setNumber: Mutation = (bytes, random) => {
  const width = random.pick([1, 2, 4, 8]);
  if (bytes.length < width) return bytes;
  const at = random.below(bytes.length - width + 1);
  const edge = random.pick(EDGES) + random.below(3) - 1;
  for (let i = 0; i < width; i++) bytes[at + i] = Math.floor(edge / 2 ** (8 * i)) & 255;
  return bytes;
};

const cut: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));

const remove: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  return splice(bytes, at, Math.min(1 + random.below(16), bytes.length - at), new Uint8Array(0));
};

const repeat: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const part = bytes.slice(at, at + 1 + random.below(64));
  return splice(bytes, random.below(bytes.length + 1), 0, part);
};

const insert: Mutation = (bytes, random) => {
  const added = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256));
  return splice(bytes, random.below(bytes.length + 1), 0, added);
};

/** Digits and quotes where a header, a text opcode or JSON has some. */
const setDigit: Mutation = (bytes, random) => {
  const from = random.below(bytes.length + 1);
  const at = bytes.findIndex((byte, i) => i >= from && byte >= 0x30 && byte <= 0x39);
  if (at >= 0) bytes[at] = random.pick([0x30, 0x31, 0x39, 0x2d, 0x2e, 0x65, 0x22, 0x5b, 0x7b]);
  return bytes;
};

/** Another opcode, another argument, an opcode gone, doubled or moved. */
const changeOpcode: Mutation = (bytes, random) => {
  const places = opcodePlaces(bytes);
  if (places.length === 0) return bytes;
  const [at, end] = random.pick(places);
  const opcode = random.pick(OPCODES).byte;
  switch (random.below(5)) {
    case 0:
      bytes[at] = opcode;
      return bytes;
    case 1:
      return splice(bytes, at, end - at, new Uint8Array(0));
    case 2:
      return splice(bytes, random.pick(places)[0], 0, bytes.slice(at, end));
    case 3:
      return splice(bytes, at, 0, Uint8Array.of(opcode, random.below(256)));
    default:
      if (end - at > 1) bytes[at + 1 + random.below(end - at - 1)] = random.below(256);
      return bytes;
  }
};

/** Opcodes looked at: those of one small pickle. */
const MOST_OPCODES = 2000;

function opcodePlaces(bytes: Bytes): [at: number, end: number][] {
  const places: [number, number][] = [];
  for (const part of disassemble(bytes)) {
    if (!("opcode" in part) || places.length === MOST_OPCODES) break;
    places.push([part.offset, part.offset + part.length]);
  }
  return places;
}

const SIGNATURES = [
  "PK\x01\x02",
  "PK\x03\x04",
  "PK\x05\x06",
  "PK\x06\x06",
  "PK\x06\x07",
  "PK\x07\x08",
];

function find(bytes: Bytes, text: string, from: number): number {
  for (
    let at = bytes.indexOf(text.charCodeAt(0), from);
    at >= 0;
    at = bytes.indexOf(0x50, at + 1)
  ) {
    if ([...text].every((char, i) => bytes[at + i] === char.charCodeAt(0))) return at;
  }
  return -1;
}

/** A field of an archive's own records. */
const changeRecord: Mutation = (bytes, random) => {
  const at = find(bytes, random.pick(SIGNATURES), random.below(bytes.length + 1));
  if (at < 0) return bytes;
  const field = at + 4 + random.below(42);
  if (field + 4 > bytes.length) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(field, random.pick(EDGES) % 2 ** 32, true);
  return bytes;
};

/** The pickle in an archive, with its checksums set right again: it is read to its end then. */
const changeArchived: Mutation = (bytes, random) => {
  const header = find(bytes, "PK\x03\x04", 0);
  if (header < 0 || header + 30 > bytes.length) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  const entry = find(bytes, "PK\x01\x02", start);
  if (entry < 0 || entry + 46 > bytes.length) return bytes;
  const size = view.getUint32(entry + 24, true);
  if (view.getUint16(entry + 10, true) !== 0 || start + size > entry) return bytes;
  const changed = changeOpcode(bytes.slice(start, start + size), random);
  const record = new Uint8Array(size);
  record.set(changed.subarray(0, size));
  bytes.set(record, start);
  const crc = crc32(record);
  for (const place of [entry + 16, header + 14]) {
    if (view.getUint32(place, true) !== 0) view.setUint32(place, crc, true);
  }
  const descriptor = start + size;
  if (find(bytes.subarray(descriptor, descriptor + 4), "PK\x07\x08", 0) === 0) {
    view.setUint32(descriptor + 4, crc, true);
  }
  return bytes;
};

/** One line a way, as often as it should come. */
const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setNumber,
  cut,
  remove,
  repeat,
  insert,
  setDigit,
  changeOpcode,
  changeOpcode,
  changeOpcode,
  changeRecord,
  changeRecord,
  changeArchived,
  changeArchived,
  changeArchived,
];

/** A damaged copy: by one to four ways. */
export function mutate(original: Bytes, random: Random): Bytes {
  let bytes = original.slice();
  for (let left = 1 + random.below(4); left > 0; left--) {
    bytes = random.pick(MUTATIONS)(bytes, random);
  }
  return bytes;
}
