import assert from "node:assert/strict";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  filePath,
  listDirectory,
  makeFolder,
  openFile,
  realPath,
  statPath,
} from "../../src/io/file.ts";
import { readBytes } from "../../src/io/source.ts";
import { runProgram } from "../support/cli.ts";
import { inRepo } from "../support/corpus.ts";
import { withScratch } from "../support/scratch.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The open files of this process, where the system tells and Deno's sandbox doesn't hide it. */
function openFiles(): number {
  if (process.platform !== "linux" || "Deno" in globalThis) return 0;
  return readdirSync("/proc/self/fd").length;
}

test("openFile() reads ranges, with waiting and without", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "a b#%.bin");
    writeFileSync(path, "0123456789");
    const source = await openFile(path);
    assert.equal(source.size, 10);
    assert.equal(source.name, path);
    const target = new Uint8Array(3);
    await source.read(7, target);
    assert.equal(text(target), "789");
    source.readSync!(0, target);
    assert.equal(text(target), "012");
    assert.equal(text(await readBytes(source, 4, 2)), "45");
    assert.equal((await readBytes(source, 10, 0)).length, 0);
    await source.close();
    const byUrl = await openFile(pathToFileURL(path));
    assert.equal(byUrl.size, 10);
    await byUrl.close();
  });
});

test("openFile() reads behind 4 GiB and 2^33", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "sparse");
    const offsets = [2 ** 32 - 2, 2 ** 33 + 5];
    const file = openSync(path, "w");
    for (const offset of offsets) writeSync(file, Buffer.from("mark"), 0, 4, offset);
    closeSync(file);
    truncateSync(path, 2 ** 33 + 100);
    const source = await openFile(path);
    assert.equal(source.size, 8589934692);
    for (const offset of offsets) assert.equal(text(await readBytes(source, offset, 4)), "mark");
    assert.equal((await readBytes(source, source.size - 1, 1))[0], 0);
    await source.close();
  });
});

test("openFile() refuses ranges that the file doesn't have", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "f");
    writeFileSync(path, "0123456789");
    const source = await openFile(path);
    await assert.rejects(source.read(8, new Uint8Array(3)), { code: "truncated", path, offset: 8 });
    assert.throws(() => source.readSync!(-1, new Uint8Array(1)), { code: "truncated" });
    await assert.rejects(readBytes(source, 0, 2 ** 50), { code: "truncated" });
    truncateSync(path, 5);
    await assert.rejects(source.read(3, new Uint8Array(4)), {
      code: "truncated",
      message: "The file ends at 5, but was longer when it was opened",
    });
    await source.close();
    await source.close();
    await assert.rejects(source.read(0, new Uint8Array(1)), { code: "usage" });
  });
});

test("openFile() stops when the signal has fired", async () => {
  const source = await openFile(inRepo("LICENSE"));
  const reason = new Error("enough");
  const reading = source.read(0, new Uint8Array(1), AbortSignal.abort(reason));
  await assert.rejects(reading, { code: "aborted", cause: reason });
  await source.close();
});

test("openFile() says what is in the way, and keeps no file open", async () => {
  await withScratch(async (folder) => {
    const before = openFiles();
    const missing = join(folder, "nothing.pt");
    await assert.rejects(openFile(missing), { code: "not-found", path: missing });
    await assert.rejects(openFile(folder), { code: "io", message: "This is a folder" });
    writeFileSync(join(folder, "f"), "x");
    await assert.rejects(openFile(join(folder, "f", "g")), { code: "not-found" });
    await assert.rejects(openFile(new URL("https://example.org/model.pt")), { code: "usage" });
    assert.equal(openFiles(), before);
  });
});

test("openFile() names the flag that Deno needs", {
  skip: "Deno" in globalThis ? false : "only Deno has the sandbox",
}, async () => {
  await withScratch(async (folder) => {
    const program = join(folder, "program.ts");
    writeFileSync(
      program,
      `import { openFile } from ${JSON.stringify(pathToFileURL(inRepo("src/io/file.ts")).href)};
       await openFile("/etc/hostname").catch((e) => console.log(e.code, e.hint));`,
    );
    // Deno's child_process allows a Deno that is given no permission flag everything.
    const args = ["run", "--no-prompt", "--allow-env=NO_COLOR", program];
    const { stdout } = await runProgram(process.execPath, args);
    assert.equal(stdout.trim(), "io run with --allow-read=/etc/hostname");
  });
});

test("openFile() gathers what comes from a pipe", {
  skip: process.platform === "win32" && "there are no such pipes on Windows",
}, async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "pipe");
    assert.equal((await runProgram("mkfifo", [path])).code, 0);
    // More than a pipe holds, so that the writer waits for the reader.
    const writing = runProgram("sh", ["-c", `head -c 300000 /dev/zero > '${path}'`]);
    const source = await openFile(path);
    assert.equal(source.size, 300_000);
    assert.equal(source.view!(299_999, 1)[0], 0);
    assert.equal((await writing).code, 0);
  });
});

test("listDirectory() tells files, folders and links apart", async () => {
  await withScratch(async (folder) => {
    writeFileSync(join(folder, "b.pt"), "x");
    mkdirSync(join(folder, "a"));
    symlinkSync("b.pt", join(folder, "c"));
    const listed = await listDirectory(folder);
    assert.deepEqual(
      listed.map((e) => [e.name, e.isFile, e.isDirectory, e.isSymlink]),
      [["a", false, true, false], ["b.pt", true, false, false], ["c", false, false, true]],
    );
    await assert.rejects(listDirectory(join(folder, "b.pt")), { code: "not-found" });
    await assert.rejects(listDirectory(join(folder, "z")), { code: "not-found" });
  });
});

test("statPath() and realPath() follow links", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "b.pt");
    writeFileSync(path, "xyz");
    symlinkSync("b.pt", join(folder, "c"));
    const status = await statPath(join(folder, "c"));
    assert.deepEqual([status.size, status.isFile, status.isSymlink], [3, true, false]);
    assert.equal(await realPath(join(folder, "c")), realpathSync(path));
    await assert.rejects(statPath(join(folder, "no")), { code: "not-found" });
  });
});

test("makeFolder() makes those above it, and minds none that are there", async () => {
  await withScratch(async (folder) => {
    const path = join(folder, "a", "b");
    await makeFolder(path);
    await makeFolder(path);
    assert.equal((await statPath(path)).isDirectory, true);
    writeFileSync(join(folder, "f"), "x");
    await assert.rejects(makeFolder(join(folder, "f", "g")), { name: "StateDictError" });
  });
});

test("readStdin() gathers standard input", { timeout: 60_000 }, async () => {
  await withScratch(async (folder) => {
    const program = join(folder, "program.ts");
    writeFileSync(
      program,
      `import { readStdin } from ${JSON.stringify(pathToFileURL(inRepo("src/io/file.ts")).href)};
       const source = await readStdin();
       console.log(source.name, source.size, source.view(299999, 1)[0]);
       await readStdin({ limit: 0 });`,
    );
    const args = "Deno" in globalThis ? ["run", "-R", program] : [program];
    const result = await runProgram(process.execPath, args, {
      stdin: new Uint8Array(300_000).fill(7),
    });
    assert.equal(result.stdout.trim(), "- 300000 7");
    assert.equal(result.code, 0); // nothing is left for the second
  });
});

test("filePath() takes names as they are and decodes URLs", () => {
  assert.equal(filePath("a%20b"), "a%20b");
  assert.equal(filePath(new URL("file:///tmp/a%20b.pt")), "/tmp/a b.pt");
  assert.equal(filePath(new URL("file:///C:/models/a.pt")), "C:/models/a.pt");
  assert.throws(() => filePath(new URL("http://localhost/a.pt")), { code: "usage" });
});
