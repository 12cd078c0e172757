import assert from "node:assert/strict";
import { test } from "node:test";
import { blobSource, bytesSource, readBytes, readInto, sliceSource } from "../../src/io/source.ts";
import { spool } from "../../src/io/spool.ts";
import { countingSource } from "../support/counting_source.ts";

const digits = () => new TextEncoder().encode("0123456789");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("bytesSource() gives views, not copies", async () => {
  const bytes = digits();
  const view = await readBytes(bytesSource(bytes), 2, 3);
  assert.equal(text(view), "234");
  assert.equal(view.buffer, bytes.buffer);
  assert.throws(() => bytesSource(bytes).view!(8, 3), { code: "truncated", offset: 8 });
});

test("blobSource() reads a part and names a File", async () => {
  const source = blobSource(new File([digits()], "model.pt"));
  assert.equal(source.name, "model.pt");
  assert.equal(text(await readBytes(source, 7, 3)), "789");
  await assert.rejects(source.read(7, new Uint8Array(4)), { code: "truncated" });
});

test("sliceSource() is a window, with its own end", async () => {
  const source = countingSource(bytesSource(digits()));
  const window = sliceSource(source, 3, 4);
  assert.equal(window.size, 4);
  assert.equal(text(await readBytes(window, 1, 3)), "456");
  const target = new Uint8Array(2);
  await readInto(window, 0, target);
  assert.equal(text(target), "34");
  assert.deepEqual(source.reads, [{ offset: 4, length: 3 }, { offset: 3, length: 2 }]);
  await assert.rejects(readBytes(window, 2, 3), { code: "truncated" });
  assert.throws(() => sliceSource(source, 8, 3), { code: "truncated" });
  await window.close();
  assert.equal(source.closed, false);
});

test("spool() gathers a stream, up to its limit", async () => {
  const stream = () => [digits().subarray(0, 4), new Uint8Array(0), digits().subarray(4)];
  const source = await spool(new Blob([digits()]).stream(), "a stream");
  assert.equal(source.name, "a stream");
  assert.equal(text(source.view!(0, 10)), "0123456789");
  assert.equal((await spool(stream(), "s", { limit: 10 })).size, 10);
  await assert.rejects(spool(stream(), "s", { limit: 9 }), {
    code: "limit",
    message: "The stream is longer than 9 bytes",
  });
  await assert.rejects(spool(stream(), "s", { signal: AbortSignal.abort() }), { code: "aborted" });
});
