/**
 * The streams of `fixtures/compression`, and what tests do with them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CODECS } from "../../src/compression/codecs.ts";
import type { Codec } from "../../src/compression/codecs.ts";
import type { PackedInput } from "../../src/compression/packed_input.ts";
import { StateDictError } from "../../src/errors.ts";
import { inRepo } from "../support/corpus.ts";

/** A stream that a codec's own library packed. */
export interface PackedStream {
  /** What it is; the first word is the codec. */
  readonly name: string;
  /** Its bytes. */
  readonly packed: Uint8Array<ArrayBuffer>;
  /** How many they become. */
  readonly size: number;
  /** SHA-256 of what they become. */
  readonly sha256: string;
  /** Whether no shorter part of it is a stream too. */
  readonly whole: boolean;
}

/** Every stream. */
export function packedStreams(): PackedStream[] {
  const text = readFileSync(inRepo("fixtures", "compression", "streams.json"), "utf8");
  return JSON.parse(text).map((entry: { packed: string }) => ({
    ...entry,
    packed: fromBase64(entry.packed),
  }));
}

/** The stream of this name. */
export function packedStream(name: string): PackedStream {
  return packedStreams().find((stream) => stream.name === name)!;
}

/** The codec of a stream. */
export function codecOf({ name }: { readonly name: string }): Codec {
  return CODECS.find((codec) => codec.name === name.split(" ")[0] && !codec.container)!;
}

/** Bytes of base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Bytes of hexadecimal. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** An input that gives `step` bytes at a time, so that every place is the end of a chunk. */
export function drip(bytes: Uint8Array<ArrayBuffer>, step: number): PackedInput {
  const input: PackedInput = {
    name: "drip",
    position: 0,
    end: bytes.length,
    // deno-lint-ignore require-await -- the interface is asynchronous
    async chunk() {
      const from = input.position;
      input.position = Math.min(from + step, bytes.length);
      return bytes.subarray(from, input.position);
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async take(count) {
      const from = input.position;
      if (count > bytes.length - from) throw new StateDictError("truncated", "The drip is dry");
      input.position += count;
      return bytes.subarray(from, input.position);
    },
  };
  return input;
}
