import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFile } from "../../src/io/file.ts";
import type { ByteSink } from "../../src/io/sink.ts";
import { readBytes } from "../../src/io/source.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { localAnomalies } from "../../src/zip/local_anomalies.ts";
import { memberRange, readMember } from "../../src/zip/member.ts";
import { createZipWriter } from "../../src/zip/writer.ts";
import { countingSource } from "../support/counting_source.ts";
import { withScratch } from "../support/scratch.ts";
import { HEAD, MEMBERS, TAIL, ZEROS } from "./large_archive.ts";

test("readZipDirectory() and readMember() read an archive of torch behind 4 GiB", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "big.pt");
    const file = openSync(path, "w"); // the zeros are a hole
    writeSync(file, HEAD, 0, HEAD.length, 0);
    writeSync(file, TAIL, 0, TAIL.length, HEAD.length + ZEROS);
    closeSync(file);

    const source = countingSource(await openFile(path));
    const directory = await readZipDirectory(source);
    assert.equal(source.reads.length, 1);
    assert.deepEqual(
      directory.entries.map((e) => [e.name, e.headerOffset, e.size, e.crc]),
      MEMBERS,
    );
    const weights = directory.find("big/data/0")!;
    assert.deepEqual(await memberRange(directory, weights), { offset: HEAD.length, size: ZEROS });
    const floats = await readMember(directory, directory.find("big/data/1")!);
    assert.deepEqual([...new Float32Array(floats.slice().buffer)], [0, 1, 2, 3, 4, 5, 6]);
    const ints = await readMember(directory, directory.find("big/data/3")!);
    assert.deepEqual([...new BigInt64Array(ints.slice().buffer)], [0n, 1n, 2n]);
    assert.deepEqual(await localAnomalies(directory), []);
    const end = HEAD.length + ZEROS;
    assert.deepEqual([...await readBytes(source, end - 1, 5)], [0, 0x50, 0x4b, 7, 8]);
    await source.close();
  });
});

test(
  "createZipWriter() writes an archive behind 4 GiB as torch does",
  { timeout: 60_000 },
  async () => {
    const zeros = new Uint8Array(2 ** 24);
    const parts: Uint8Array[] = [];
    let position = 0;
    const sink: ByteSink = {
      name: "all but the zeros",
      get position() {
        return position;
      },
      write: (bytes) => Promise.resolve(sink.writeSync!(bytes)),
      writeSync(bytes) {
        position += bytes.length;
        if (bytes.buffer !== zeros.buffer) parts.push(bytes.slice());
      },
      commit: () => Promise.resolve(),
      abort: () => Promise.resolve(),
    };
    function* weights(): Generator<Uint8Array> {
      for (let left = ZEROS; left > 0; left -= zeros.length) {
        yield zeros.subarray(0, Math.min(left, zeros.length));
      }
    }
    const small = new Map([
      ["big/data.pkl", HEAD.subarray(64, 64 + 382)],
      ["big/.format_version", new TextEncoder().encode("1")],
      ["big/.storage_alignment", new TextEncoder().encode("64")],
      ["big/byteorder", new TextEncoder().encode("little")],
      ["big/data/1", new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5, 6).buffer)],
      ["big/data/2", new Uint8Array(0)],
      ["big/data/3", new Uint8Array(BigInt64Array.of(0n, 1n, 2n).buffer)],
      ["big/version", new TextEncoder().encode("3\n")],
      ["big/.data/serialization_id", serializationId()],
    ]);
    const writer = createZipWriter(sink);
    for (const [name, , size, crc] of MEMBERS) {
      const data = small.get(name);
      await (data ? writer.add(name, size, data) : writer.add(name, size, weights(), { crc }));
    }
    await writer.finish();
    assert.equal(position, HEAD.length + ZEROS + TAIL.length);
    assert.equal(Buffer.compare(Buffer.concat(parts), Buffer.concat([HEAD, TAIL])), 0);
  },
);

/** The 40 digits of the last member. */
function serializationId(): Uint8Array {
  const text = new TextDecoder("latin1").decode(TAIL);
  return new TextEncoder().encode(text.match(/\d{40}/)![0]);
}
