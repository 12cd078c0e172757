import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFile } from "../../src/io/file.ts";
import { fileSink } from "../../src/io/file_sink.ts";
import { memorySink } from "../../src/io/sink.ts";
import type { ByteSink } from "../../src/io/sink.ts";
import { bytesSource } from "../../src/io/source.ts";
import { streamSink } from "../../src/io/stream_sink.ts";
import { localAnomalies } from "../../src/zip/local_anomalies.ts";
import { readZipDirectory } from "../../src/zip/directory.ts";
import { memberChunks } from "../../src/zip/member_chunks.ts";
import { readMember } from "../../src/zip/member.ts";
import { createZipWriter } from "../../src/zip/writer.ts";
import type { ZipWriterOptions } from "../../src/zip/writer.ts";
import { runProgram } from "../support/cli.ts";
import { corpusDir, fixturesDir, withoutCorpus } from "../support/corpus.ts";
import { findPython, withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** Writes the members of an archive again. */
async function rewrite(
  bytes: Uint8Array<ArrayBuffer>,
  options?: ZipWriterOptions & { keepCrc?: boolean },
): Promise<Uint8Array> {
  const directory = await readZipDirectory(bytesSource(bytes));
  const sink = memorySink();
  const writer = createZipWriter(sink, options);
  for (const [i, entry] of directory.entries.entries()) {
    const data = i % 2 ? memberChunks(directory, entry) : await readMember(directory, entry);
    await writer.add(entry.name, entry.size, data, options?.keepCrc ? { crc: entry.crc } : {});
  }
  await writer.finish();
  return sink.bytes();
}

const TORCH: readonly (readonly [string, ZipWriterOptions & { keepCrc?: boolean }])[] = [
  ["state_dict.pt", {}],
  ["ckpt_sgd.pth", {}],
  ["lightning.ckpt", {}],
  ["empty_shapes.pt", {}],
  ["my model v1.2.pt", {}],
  ["unicode_root.pt", {}],
  ["old_zip_version_first.pt", {}],
  ["crc_disabled.pt", { keepCrc: true }],
  ["skip_data.pt", { keepCrc: true }],
  ["align1.pt", { alignment: 1 }],
  ["align4096.pt", { alignment: 4096 }],
];

for (const [file, options] of TORCH) {
  test(`createZipWriter() makes ${file} as torch made it, byte for byte`, async () => {
    const bytes = new Uint8Array(readFileSync(join(fixturesDir("torch"), file)));
    assert.equal(Buffer.compare(await rewrite(bytes, options), bytes), 0);
  });
}

for (const file of ["nz-stored.npz", "nz-positional.npz", "nz-names.npz", "nz-empty.npz"]) {
  const skip = withoutCorpus("arrays");
  test(`createZipWriter() makes ${file} as numpy made it, byte for byte`, { skip }, async () => {
    const bytes = new Uint8Array(readFileSync(join(corpusDir("arrays")!, file)));
    assert.equal(Buffer.compare(await rewrite(bytes, { layout: "numpy" }), bytes), 0);
  });
}

/** A sink that can't go back. */
function forwardSink(): { sink: ByteSink; bytes: () => Uint8Array<ArrayBuffer> } {
  const chunks: Uint8Array[] = [];
  const sink = streamSink(new WritableStream({ write: (chunk) => void chunks.push(chunk) }));
  return { sink, bytes: () => new Uint8Array(Buffer.concat(chunks)) };
}

test("createZipWriter() deflates, in both layouts, back and forth", async () => {
  const plain = ascii("layer.weight ".repeat(5000));
  for (const layout of ["torch", "numpy"] as const) {
    for (const forward of [false, true]) {
      const memory = memorySink();
      const stream = forwardSink();
      const sink = forward ? stream.sink : memory;
      const writer = createZipWriter(sink, { layout });
      await writer.add("a", plain.length, [plain.subarray(0, 7), plain.subarray(7)], {
        deflate: true,
      });
      await writer.add("empty", 0, [], { deflate: true });
      await writer.add("é", 3, ascii("abc"));
      await writer.finish();
      await sink.commit();
      const bytes = forward ? stream.bytes() : memory.bytes();
      assert.ok(bytes.length < 2000, `${bytes.length} bytes`);
      const directory = await readZipDirectory(bytesSource(bytes));
      assert.deepEqual(directory.entries.map((e) => [e.name, e.method]), [
        ["a", 8],
        ["empty", 0],
        ["é", 0],
      ]);
      assert.equal(Buffer.compare(await readMember(directory, directory.entries[0]!), plain), 0);
      assert.equal((await readMember(directory, directory.entries[2]!)).length, 3);
      assert.deepEqual(await localAnomalies(directory), []);
    }
  }
});

test("Python reads what createZipWriter() writes", {
  skip: withoutPython([]),
  timeout: 60_000,
}, async () => {
  await withScratch(async (folder) => {
    const paths: string[] = [];
    for (const layout of ["torch", "numpy"] as const) {
      for (const forward of [false, true]) {
        const path = join(folder, `${layout}-${forward}.zip`);
        const stream = forwardSink();
        const sink = forward ? stream.sink : await fileSink(path);
        const writer = createZipWriter(sink, { layout });
        await writer.add("r/a", 30_000, new Uint8Array(30_000).fill(65), { deflate: true });
        await writer.add("r/b", 3, ascii("abc"));
        await writer.add("r/c", 0, []);
        await writer.finish();
        await sink.commit();
        if (forward) writeFileSync(path, stream.bytes());
        paths.push(path);
      }
    }
    const program = `
import sys, zipfile
for path in sys.argv[1:]:
    z = zipfile.ZipFile(path)
    print(z.testzip(), [(i.filename, i.compress_type, i.file_size) for i in z.infolist()], z.read("r/b"))`;
    const { stdout, stderr } = await runProgram(findPython([])!, ["-c", program, ...paths]);
    const line = "None [('r/a', 8, 30000), ('r/b', 0, 3), ('r/c', 0, 0)] b'abc'";
    assert.deepEqual(stdout.trim().split("\n"), [line, line, line, line], stderr);
  });
});

test("createZipWriter() refuses what couldn't be read back", async () => {
  const writer = createZipWriter(memorySink());
  await writer.add("a", 1, ascii("x"));
  const refused = async (name: string, size: number, data: Uint8Array, code: string) => {
    const other = createZipWriter(memorySink());
    await other.add("archive/data.pkl", 0, []);
    await assert.rejects(other.add(name, size, data), { code, member: name });
    // What has failed is no archive any more.
    await assert.rejects(other.finish(), { code: "usage" });
  };
  await refused("archive/data.pkl", 0, ascii(""), "conflict");
  await refused("archive/DATA.PKL", 0, ascii(""), "conflict");
  await refused("", 0, ascii(""), "unsupported");
  await refused("n".repeat(65_536), 0, ascii(""), "unsupported");
  await refused("short", 2, ascii("x"), "usage");
  await refused("long", 2, ascii("xyz"), "usage");
  await writer.finish();
  await assert.rejects(writer.add("b", 0, []), { code: "usage" });
  for (const alignment of [0, -64, 1.5, 65_537]) {
    assert.throws(() => createZipWriter(memorySink(), { alignment }), { code: "usage" });
  }
});

test("createZipWriter() writes one member at a time", async () => {
  const writer = createZipWriter(memorySink());
  const first = writer.add("a", 1, [ascii("x")]);
  await assert.rejects(writer.add("b", 0, []), { code: "usage" });
  await first;
  await writer.finish();
});

test("createZipWriter() passes on an error of the data", async () => {
  const cause = new Error("the source broke");
  async function* data(): AsyncGenerator<Uint8Array> {
    yield ascii("x");
    await Promise.reject(cause);
  }
  for (const deflate of [false, true]) {
    await assert.rejects(createZipWriter(memorySink()).add("a", 2, data(), { deflate }), cause);
  }
});

test("createZipWriter() writes a file as it goes", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "out.pt");
    const sink = await fileSink(path);
    const writer = createZipWriter(sink);
    const block = new Uint8Array(2 ** 18);
    await writer.add("out/data/0", 8 * block.length, Array<Uint8Array>(8).fill(block));
    await writer.finish();
    await sink.commit();
    const source = await openFile(path);
    const directory = await readZipDirectory(source);
    // Python: zlib.crc32(bytes(2**21)).
    assert.equal(directory.entries[0]!.crc, 0x8d89877e);
    assert.equal((await readMember(directory, directory.entries[0]!)).length, 2 ** 21);
    await source.close();
  });
});
