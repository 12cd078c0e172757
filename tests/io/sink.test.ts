import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { cleanupTemporaries, fileSink } from "../../src/io/file_sink.ts";
import { commitAll, memorySink } from "../../src/io/sink.ts";
import { streamSink } from "../../src/io/stream_sink.ts";
import { withScratch } from "../support/scratch.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Pieces of many sizes around the block of 256 KiB, and what they make. */
function pieces(): { list: Uint8Array[]; whole: Uint8Array } {
  const sizes = [1, 0, 262_143, 262_144, 262_145, 7, 1_000_000, 524_288, 3];
  const list = sizes.map((size, i) => new Uint8Array(size).map((_, j) => i * 37 + j * 11));
  return { list, whole: new Uint8Array(Buffer.concat(list)) };
}

test("memorySink() gathers bytes and lets them be replaced", async () => {
  const sink = memorySink();
  const { list, whole } = pieces();
  for (const piece of list) await sink.write(piece);
  assert.equal(sink.position, whole.length);
  sink.writeAt!(2, bytes("ab"));
  whole.set(bytes("ab"), 2);
  assert.equal(Buffer.compare(sink.bytes(), whole), 0);
  assert.throws(() => sink.writeAt!(whole.length - 1, bytes("ab")), { code: "usage" });
  await sink.commit();
  await assert.rejects(sink.write(bytes("x")), { code: "usage" });
  await sink.abort();
  assert.equal(sink.bytes().length, whole.length);
});

test("memorySink() throws an aborted output away", async () => {
  const sink = memorySink();
  sink.writeSync!(bytes("abc"));
  await sink.abort();
  assert.equal(sink.bytes().length, 0);
  assert.throws(() => sink.writeSync!(bytes("x")), { code: "usage" });
});

test("fileSink() makes the file appear whole, at commit", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "out.pt");
    const sink = await fileSink(path);
    const { list, whole } = pieces();
    for (const piece of list) {
      const copy = piece.slice();
      sink.writeSync!(copy);
      copy.fill(0xee); // the sink must not need it any more
    }
    sink.writeAt!(262_140, bytes("12345678"));
    whole.set(bytes("12345678"), 262_140);
    sink.writeAt!(whole.length - 4, bytes("last"));
    whole.set(bytes("last"), whole.length - 4);
    await sink.write(bytes("!"));
    assert.equal(sink.position, whole.length + 1);
    assert.equal(existsSync(path), false);
    const [temporary] = readdirSync(folder);
    assert.ok(/^\.out\.pt\.[0-9a-f]{8}\.tmp$/.test(temporary!), temporary);
    await sink.commit();
    assert.deepEqual(readdirSync(folder), ["out.pt"]);
    assert.equal(Buffer.compare(readFileSync(path), Buffer.concat([whole, bytes("!")])), 0);
    await assert.rejects(sink.commit(), { code: "usage" });
    await sink.abort();
    assert.equal(existsSync(path), true);
  });
});

test("fileSink() leaves nothing behind when it is aborted", async () => {
  await withScratch(async (folder) => {
    const sink = await fileSink(join(folder, "out.pt"));
    sink.writeSync!(new Uint8Array(600_000));
    await sink.abort();
    await sink.abort();
    assert.deepEqual(readdirSync(folder), []);
    assert.throws(() => sink.writeSync!(bytes("x")), { code: "usage" });
  });
});

test("fileSink() replaces a file only by force, and keeps its permissions", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "out.pt");
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    await assert.rejects(fileSink(path), { code: "exists", path });
    const sink = await fileSink(path, { force: true });
    await sink.write(bytes("new"));
    assert.equal(readFileSync(path, "utf8"), "old");
    await sink.commit();
    assert.equal(readFileSync(path, "utf8"), "new");
    if (process.platform !== "win32") assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

test("fileSink() doesn't replace a file that has come meanwhile", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "out.pt");
    const sink = await fileSink(path);
    writeFileSync(path, "theirs");
    await assert.rejects(sink.commit(), { code: "exists" });
    assert.equal(readFileSync(path, "utf8"), "theirs");
    assert.deepEqual(readdirSync(folder), ["out.pt"]);
  });
});

test("fileSink() writes to where a link leads", async () => {
  await withScratch(async (folder) => {
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "out.pt"), "old");
    const link = join(folder, "link.pt");
    symlinkSync(join("real", "out.pt"), link);
    await assert.rejects(fileSink(link), { code: "exists" });
    const sink = await fileSink(link, { force: true });
    await sink.write(bytes("new"));
    await sink.commit();
    assert.equal(lstatSync(link).isSymbolicLink(), true);
    assert.equal(readFileSync(join(folder, "real", "out.pt"), "utf8"), "new");
    assert.deepEqual(readdirSync(join(folder, "real")), ["out.pt"]);
    symlinkSync("nowhere", join(folder, "dangling"));
    await assert.rejects(fileSink(join(folder, "dangling"), { force: true }), { code: "exists" });
  });
});

test("fileSink() refuses folders, devices and folders that aren't there", async () => {
  await withScratch(async (folder) => {
    await assert.rejects(fileSink(folder, { force: true }), { code: "exists", path: folder });
    await assert.rejects(fileSink(join(folder, "no", "out.pt")), {
      code: "not-found",
      message: "There is no such folder to write in",
    });
    if (process.platform !== "win32") {
      await assert.rejects(fileSink("/dev/null", { force: true }), { code: "exists" });
    }
  });
});

test("fileSink() takes a name as long as file systems do", async () => {
  await withScratch(async (folder) => {
    const name = `${"é".repeat(125)}.pt`; // 253 bytes
    const sink = await fileSink(join(folder, name));
    await sink.commit();
    assert.equal(readdirSync(folder)[0], name);
  });
});

test("cleanupTemporaries() removes the files of unfinished sinks at once", async () => {
  await withScratch(async (folder) => {
    const unfinished = await fileSink(join(folder, "a"));
    const finished = await fileSink(join(folder, "b"));
    unfinished.writeSync!(bytes("x"));
    await finished.commit();
    cleanupTemporaries();
    assert.deepEqual(readdirSync(folder), ["b"]);
    cleanupTemporaries();
  });
});

test("commitAll() makes files appear in one turn of the program", async () => {
  await withScratch(async (folder) => {
    const names = ["a", "b"];
    const files = await Promise.all(names.map((name) => fileSink(join(folder, name))));
    for (const file of files) file.writeSync!(bytes("x"));
    // One whose bytes take a while to reach their place.
    const slow = {
      ...memorySink(),
      settle: () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
    };
    const seen = new Set<string>();
    const watch = setInterval(() => {
      seen.add(readdirSync(folder).filter((name) => names.includes(name)).join());
    }, 1);
    let before = "";
    await commitAll([files[0]!, slow, files[1]!], () => before = readdirSync(folder).join());
    clearInterval(watch);
    assert.deepEqual([...seen].filter((there) => there === "a" || there === "b"), []);
    assert.match(before, /^\.[ab]\.[0-9a-f]{8}\.tmp,\.[ab]\.[0-9a-f]{8}\.tmp$/);
    assert.deepEqual(readdirSync(folder).sort(), names);
  });
});

test("fileSink() takes nothing more once it is settled, and may still be aborted", async () => {
  await withScratch(async (folder) => {
    const sink = await fileSink(join(folder, "a"));
    sink.writeSync!(bytes("x"));
    await sink.settle!();
    assert.throws(() => sink.writeSync!(bytes("y")), { code: "usage" });
    await sink.abort();
    assert.deepEqual(readdirSync(folder), []);
    await assert.rejects(sink.commit(), { code: "usage" });
  });
});

test("streamSink() hands blocks to the stream and closes it at commit", async () => {
  const { list, whole } = pieces();
  const got: Uint8Array[] = [];
  let end = "";
  const sink = streamSink(
    new WritableStream({
      write: (chunk) => void got.push(chunk),
      close: () => void (end = "closed"),
      abort: () => void (end = "aborted"),
    }),
  );
  for (const piece of list) await sink.write(piece);
  assert.equal(sink.position, whole.length);
  await sink.commit();
  assert.equal(end, "closed");
  assert.equal(Buffer.compare(Buffer.concat(got), whole), 0);
  assert.ok(got.slice(0, -1).every((chunk) => chunk.length === 262_144));
  await assert.rejects(sink.write(bytes("x")), { code: "usage" });
});

test("streamSink() tells the stream of an aborted output, and of its errors the caller", async () => {
  let reason: unknown;
  const sink = streamSink(new WritableStream({ abort: (why) => void (reason = why) }));
  await sink.write(bytes("x"));
  await sink.abort();
  assert.equal((reason as { code?: string }).code, "aborted");

  const cause = new Error("broken pipe");
  const broken = streamSink(
    new WritableStream({
      write() {
        throw cause;
      },
    }),
    "-",
  );
  await broken.write(bytes("x"));
  await assert.rejects(broken.commit(), { code: "io", path: "-", cause });
});
