import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateDictError } from "../../src/errors.ts";
import { bytesSource } from "../../src/io/source.ts";
import { parsePickle, readPickle } from "../../src/pickle/read.ts";
import { bytesChunks, loadBytes } from "../../src/pickle/spans.ts";
import { PyBytes } from "../../src/pickle/values.ts";
import type { PyObject, PyValue } from "../../src/pickle/values.ts";
import { countingSource } from "../support/counting_source.ts";

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

/** `[b"x" * length, 7]`, laid out by the opcode table of pickletools. */
function withPayload(length: number): Uint8Array<ArrayBuffer> {
  const size = new DataView(new ArrayBuffer(4));
  size.setUint32(0, length, true);
  return Uint8Array.from([
    ...ascii("\x80\x03]("),
    ...ascii("B"),
    ...new Uint8Array(size.buffer),
    ...new Array<number>(length).fill(0x78),
    ...ascii("K\x07e."),
  ]);
}

const failsWith = (code: string, message?: RegExp) => (error: unknown): boolean =>
  isStateDictError(error) && error.code === code && (message?.test(error.message) ?? true);

test("readPickle() leaves long byte strings in the stream", async () => {
  const bytes = withPayload(300_000);
  const source = countingSource(bytesSource(bytes));
  const { value, end } = await readPickle(source, 0, { spanFrom: 65_536 });
  const [payload, seven] = value as [PyBytes, number];
  assert.equal(payload.data, null);
  assert.deepEqual([payload.span?.offset, payload.length, seven], [9, 300_000, 7]);
  assert.equal(end, bytes.length);
  const read = source.reads.reduce((sum, { length }) => sum + length, 0);
  assert.ok(read < 70_000, `${read} bytes were read`);
  assert.equal((await loadBytes(payload)).data?.every((byte) => byte === 0x78), true);
});

test("bytesChunks() reads a span in blocks", async () => {
  const { value } = await readPickle(bytesSource(withPayload(2_500_000)), 0, { spanFrom: 65_536 });
  const lengths: number[] = [];
  for await (const chunk of bytesChunks((value as PyBytes[])[0]!)) lengths.push(chunk.length);
  assert.deepEqual(lengths, [1_048_576, 1_048_576, 402_848]);
});

test("readPickle() reads an opcode that no window holds whole", async () => {
  const { value } = await readPickle(countingSource(bytesSource(withPayload(300_000))), 0);
  assert.equal((value as PyBytes[])[0]!.data?.length, 300_000);
});

test("readPickle() refuses a text beyond the limit before it takes the memory", async () => {
  const source = countingSource(bytesSource(new Uint8Array(2_000_000)));
  // BINUNICODE of 1,000,000 bytes.
  const start = Uint8Array.from([...ascii("\x80\x03X"), 0x40, 0x42, 0x0f, 0]);
  source.read = (offset, target) => {
    source.reads.push({ offset, length: target.length });
    target.set(start.subarray(offset, offset + target.length));
    return Promise.resolve();
  };
  delete source.readSync;
  await assert.rejects(
    readPickle(source, 0, { limits: { bytes: 100_000 } }),
    failsWith("limit", /1000005 bytes/),
  );
  assert.deepEqual(source.reads, [{ offset: 0, length: 65_536 }]);
});

/** An object `m.C` that is built, then `raw` bytes that are no opcodes, then STOP. */
function withInline(raw: number[], frame?: number): Uint8Array<ArrayBuffer> {
  const head = frame === undefined
    ? ascii("\x80\x02")
    : [0x80, 4, 0x95, frame, 0, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...ascii("cm\nC\n)\x81}b"), ...raw, ...ascii(".")]);
}

const inline = (length: number) => ({
  inlineAfter: (object: PyObject) => object.calleeName === "m.C",
  readInline: (_: PyObject, at: number) => Promise.resolve({ value: "inline", end: at + length }),
});

test("readPickle() steps over bytes that are no opcodes", async () => {
  const source = bytesSource(withInline([0xff, 0xff, 0x2e]));
  assert.equal((await readPickle(source, 0, inline(3))).value, "inline");
  // The frame ends with BUILD, 9 bytes behind its length.
  const framed = bytesSource(withInline([0xff, 0xff, 0x2e], 9));
  assert.deepEqual((await readPickle(framed, 0, inline(3))).anomalies, []);
});

test("readPickle() refuses bytes that are no opcodes inside a frame", async () => {
  const framed = bytesSource(withInline([0xff, 0xff, 0x2e], 12));
  await assert.rejects(readPickle(framed, 0, inline(3)), failsWith("corrupt", /inside a frame/));
  // Where nothing is stepped over, a frame may stay open.
  const nothing = bytesSource(withInline([], 10));
  assert.equal((await readPickle(nothing, 0, inline(0))).value, "inline");
});

test("parsePickle() says where arrays stand between the opcodes", () => {
  assert.throws(
    () => parsePickle(withInline([0xff]), inline(1)),
    failsWith("unsupported", /between the opcodes/),
  );
});

test("readPickle() asks for the buffers that it wasn't given", async () => {
  // [NEXT_BUFFER, NEXT_BUFFER READONLY_BUFFER]
  const source = bytesSource(Uint8Array.from([0x80, 5, 0x5d, 0x28, 0x97, 0x97, 0x98, 0x65, 0x2e]));
  const asked: number[] = [];
  const { value } = await readPickle(source, 0, {
    buffers: [new Uint8Array([1])],
    findBuffer: (index) => {
      asked.push(index);
      return Promise.resolve(new PyBytes("buffer", new Uint8Array([2, 2])));
    },
  });
  assert.deepEqual(asked, [1]);
  const kinds = (value as PyValue[]).map((item) =>
    item instanceof PyBytes && [item.kind, item.length]
  );
  assert.deepEqual(kinds, [["buffer", 1], ["readonly-buffer", 2]]);
  await assert.rejects(readPickle(source, 0), failsWith("corrupt", /buffer is missing/));
});

test("readPickle() ends with the caller's signal", async () => {
  const controller = new AbortController();
  controller.abort();
  const source = bytesSource(withPayload(10));
  await assert.rejects(readPickle(source, 0, { signal: controller.signal }));
});
