/**
 * The readers that the fuzzer works on, one at a time: it then learns the ways of that one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { loads } from "../../../src/checkpoint/plain.ts";
import { CODECS, unpack, unpackAll } from "../../../src/compression/codecs.ts";
import type { Decode, Unpacker } from "../../../src/compression/codecs.ts";
import { inflateRaw } from "../../../src/compression/inflate.ts";
import { portableInflate } from "../../../src/compression/inflate_portable.ts";
import { decodeLzma2, lzma2Decoder } from "../../../src/compression/lzma/lzma2.ts";
import { parseLiteral } from "../../../src/formats/numpy/literal.ts";
import { bytesSource } from "../../../src/io/source.ts";
import { disassemble } from "../../../src/pickle/dis.ts";
import { disassemblyLine } from "../../../src/pickle/dis_text.ts";
import { parsePickle } from "../../../src/pickle/read.ts";
import { pickleBytes } from "../../../src/pickle/writer.ts";
import { isHidden, showText } from "../../../src/text/escape.ts";
import { parseJson } from "../../../src/text/json_parse.ts";
import { mutate } from "../mutate.ts";
import { attempt, attemptSync, exercise, look } from "../target.ts";
import { drawnFrom } from "./drawn.ts";
import { mendNpy, mendSafetensors, mendTar, mendXz, mendZip } from "./mend.ts";
import { checkScan } from "./scan_checks.ts";
import { npzArchive, torchArchive, torchscriptArchive } from "./wrap.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** One reader. */
export interface Target {
  /** Kinds of the seeds it begins with; see `seeds.ts`. */
  readonly seeds: readonly string[];
  /** Reads the bytes; throws only for what is a fault of ours. A promise where it takes its time. */
  readonly run: (bytes: Bytes, files: readonly Bytes[]) => void | Promise<void>;
  /** Whether it is done when `run` returns: the fuzzer is three times as fast then. */
  readonly sync?: true;
}

/** What is made of the fuzzer's bytes before they are read. */
type Form = (bytes: Bytes) => Bytes | Promise<Bytes>;

const asItIs: Form = (bytes) => bytes;

/** Every reader by its name. */
export const TARGETS: ReadonlyMap<string, Target> = new Map<string, Target>([
  ["pickle", { seeds: ["pickle", "legacy"], sync: true, run: unpickle }],
  ["dis", { seeds: ["pickle", "legacy"], sync: true, run: list }],
  ["literal", { seeds: ["npy"], sync: true, run: literal }],
  ["json-text", { seeds: ["json", "safetensors"], sync: true, run: json }],
  ["text", { seeds: ["pickle", "json"], sync: true, run: show }],
  ["pickle-again", { seeds: ["pickle", "legacy"], sync: true, run: writeAgain }],
  ["pickle-file", { seeds: ["pickle"], run: open(asItIs) }],
  ["torch-pickle", { seeds: ["pickle"], run: open(torchArchive) }],
  ["torchscript", { seeds: ["pickle"], run: open(torchscriptArchive) }],
  ["torch-legacy", { seeds: ["legacy"], run: open(asItIs) }],
  ["tar", { seeds: ["tar"], run: open(asItIs, mendTar) }],
  ["zip", { seeds: ["zip"], run: open(asItIs, mendZip) }],
  ["npy", { seeds: ["npy"], run: open(asItIs, mendNpy) }],
  ["npz", { seeds: ["npy"], run: open((bytes) => npzArchive(mendNpy(bytes))) }],
  ["safetensors", { seeds: ["safetensors"], run: open(asItIs, mendSafetensors) }],
  ["json", { seeds: ["json"], run: open(asItIs) }],
  ["packed-file", { seeds: CODECS.map(({ name }) => name), run: open(asItIs) }],
  ...CODECS.map((codec): [string, Target] => [
    codec.container ?? codec.name,
    {
      seeds: [codec.name],
      run: codec.name === "xz" ? unpacked(codec, asItIs, mendXz) : unpacked(codec, asItIs),
    },
  ]),
  ["inflate", { seeds: ["zlib", "gzip"], run: inflateTwice }],
  ["lzma2", { seeds: ["xz"], run: unpacked(bareLzma2(), asItIs) }],
  ["scan", { seeds: ["pickle", "legacy", "tar", "npy"], run: checkScan }],
  ["scan-zip", { seeds: ["zip"], run: (bytes) => checkScan(mendZip(bytes)) }],
  ["edits", { seeds: [], run: edited }],
]);

function unpickle(bytes: Bytes): void {
  attemptSync(() => loads(bytes));
  attemptSync(() => loads(bytes, { inert: true, encoding: "latin1" }));
}

/** What is written is read as what it was: written once more it has the same bytes. */
function writeAgain(bytes: Bytes): void {
  for (const protocol of [2, 4]) {
    attemptSync(() => {
      const written = pickleBytes(parsePickle(bytes).value, { protocol });
      const again = pickleBytes(parsePickle(written).value, { protocol });
      assert.ok(Buffer.from(written).equals(again), `protocol ${protocol}`);
    });
  }
}

function list(bytes: Bytes): void {
  for (const line of disassemble(bytes)) {
    const text = disassemblyLine(line);
    assert.ok(![...text].some(isHidden), JSON.stringify(text));
  }
}

function literal(bytes: Bytes): void {
  attemptSync(() => parseLiteral(Buffer.from(bytes).toString("latin1")));
}

/** What is JSON to us is JSON to the runtime. */
function json(bytes: Bytes): void {
  const text = new TextDecoder().decode(bytes);
  if (attemptSync(() => parseJson(text)) === undefined) JSON.parse(text);
}

function show(bytes: Bytes): void {
  const units = new Uint16Array(bytes.buffer, 0, bytes.length >> 1);
  for (const text of [new TextDecoder().decode(bytes), String.fromCharCode(...units)]) {
    for (const cut of ["end", "middle"] as const) {
      const shown = showText(text, { cut, max: 40 });
      assert.ok(![...shown].some(isHidden), JSON.stringify(text));
    }
  }
}

/** Opens each of these. */
function open(...forms: readonly Form[]): Target["run"] {
  return async (bytes) => {
    for (const form of forms) await attempt(async () => look(await form(bytes)));
  };
}

/** Unpacks each of these. */
function unpacked(codec: Unpacker, ...forms: readonly Form[]): Target["run"] {
  return async (bytes) => {
    for (const form of forms) {
      const source = bytesSource(await form(bytes));
      await attempt(async () => {
        for await (const _ of unpack(codec, source, 0)) { /* it is only read */ }
      });
    }
  };
}

/**
 * What takes the place of zlib where the runtime has none gives what zlib gives. It may give more:
 * fflate doesn't look at the second length of a stored block, nor whether a code has all its words.
 */
async function inflateTwice(bytes: Bytes): Promise<void> {
  const unpackBy = async (decode: Decode) => {
    const unpacker = { name: "inflate", load: () => Promise.resolve(decode) };
    let result: { readonly bytes: Bytes; readonly end: number } | undefined;
    await attempt(async () => {
      result = await unpackAll(unpacker, bytesSource(bytes), 0);
    });
    return result;
  };
  const [plain, portable] = [await unpackBy(inflateRaw), await unpackBy(portableInflate)];
  if (!plain) return;
  assert.equal(portable?.end, plain.end);
  assert.ok(Buffer.from(plain.bytes).equals(portable.bytes), "other bytes than zlib's");
}

/** The data inside of xz, without the checksums around it. */
function bareLzma2(): Unpacker {
  const decoder = lzma2Decoder("lzma2");
  return {
    name: "lzma2",
    load: () => Promise.resolve((input) => decodeLzma2(input, 2 ** 20, decoder)),
  };
}

/** The fuzzer's bytes choose a file and what is done to it, as random numbers do in `cases.ts`. */
function edited(bytes: Bytes, files: readonly Bytes[]): Promise<void> {
  const random = drawnFrom(bytes);
  return exercise(mutate(random.pick(files), random));
}
