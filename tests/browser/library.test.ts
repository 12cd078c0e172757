import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openPage, withoutBrowser } from "../support/browser.ts";
import { bundleLibrary, withoutBundler } from "../support/bundle.ts";
import { fixturesDir, manifest } from "../support/corpus.ts";

const options = { skip: withoutBrowser() || withoutBundler(), timeout: 60_000 };

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

test("openCheckpoint() reads a Blob in a browser", options, async () => {
  const folder = fixturesDir("torch");
  const entry = manifest("torch", folder).find(({ file }) => file === "checkpoint.pt")!;
  const bundle = base64(new TextEncoder().encode(bundleLibrary()));
  const file = base64(readFileSync(join(folder, entry.file)));
  const page = await openPage("about:blank");
  try {
    const found = await page.evaluate(`(async () => {
      const { openCheckpoint } = await import("data:text/javascript;base64,${bundle}");
      const bytes = await (await fetch("data:;base64,${file}")).blob();
      const checkpoint = await openCheckpoint(bytes);
      const found = [];
      for (const [name, tensor] of checkpoint.tensors) {
        const bytes = (await tensor.load()).bytes();
        // crypto.subtle is only there on secure pages, so the bytes themselves go back.
        found.push([name, Array.from(bytes)]);
      }
      return found;
    })()`) as [string, number[]][];
    assert.deepEqual(page.errors, []);
    const hashes = await Promise.all(found.map(async ([name, bytes]) => {
      const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
      return [name, Buffer.from(hash).toString("hex")];
    }));
    assert.deepEqual(hashes, entry.tensors!.map(({ name, sha256 }) => [name, sha256]));
  } finally {
    await page.close();
  }
});
