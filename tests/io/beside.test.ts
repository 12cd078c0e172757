import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { fileNames, isPlainName, openBeside, openInFolder } from "../../src/io/beside.ts";
import { readBytes } from "../../src/io/source.ts";
import { withScratch } from "../support/scratch.ts";

test("isPlainName() takes names of files and nothing that leads elsewhere", () => {
  for (const name of ["model-00001-of-00002.bin", ".metadata", "a b", "..a", "größe", "a..b"]) {
    assert.equal(isPlainName(name), true, name);
  }
  const others = [
    "",
    ".",
    "..",
    "a/b",
    "/a",
    "../a",
    "a\\b",
    "C:a",
    "a\0",
    "a\nb",
    "x".repeat(256),
  ];
  for (const name of others) assert.equal(isPlainName(name), false, JSON.stringify(name));
});

test("openBeside() opens a file of the same folder, by its plain name", () =>
  withScratch(async (folder) => {
    writeFileSync(join(folder, "one"), "1");
    writeFileSync(join(folder, "two"), "22");
    for (const path of [join(folder, "one"), pathToFileURL(join(folder, "one"))]) {
      const source = await openBeside(path, "two");
      assert.deepEqual([...await readBytes(source, 0, source.size)], [0x32, 0x32]);
      await source.close();
    }
    await assert.rejects(openBeside(join(folder, "one"), "../one"), { code: "refused" });
    await assert.rejects(openBeside(join(folder, "one"), "three"), { code: "not-found" });
  }));

test("openInFolder() takes a folder with and without a slash at its end", () =>
  withScratch(async (folder) => {
    writeFileSync(join(folder, "one"), "1");
    for (const path of [folder, `${folder}/`]) {
      const source = await openInFolder(path, "one");
      assert.equal(source.size, 1);
      await source.close();
    }
  }));

test("fileNames() lists files and links, not folders", () =>
  withScratch(async (folder) => {
    writeFileSync(join(folder, "b"), "");
    writeFileSync(join(folder, "a"), "");
    mkdirSync(join(folder, "c"));
    symlinkSync("a", join(folder, "d"));
    assert.deepEqual(await fileNames(folder), ["a", "b", "d"]);
  }));
