import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { VERSION } from "../../src/cli/version.ts";

test("VERSION is that of package.json and deno.json", async () => {
  for (const name of ["package.json", "deno.json"]) {
    const text = await readFile(new URL(`../../${name}`, import.meta.url), "utf8");
    assert.equal(VERSION, JSON.parse(text).version, name);
  }
});
