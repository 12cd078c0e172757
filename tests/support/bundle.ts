/**
 * The library as one module for a browser.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepo } from "./corpus.ts";

/** The Deno that bundles: the one that runs the test, or the one that DENO or the path names. */
function findDeno(): string | undefined {
  const deno = "Deno" in globalThis ? process.execPath : process.env.DENO ?? "deno";
  return spawnSync(deno, ["--version"]).status === 0 ? deno : undefined;
}

/** The reason that a test which needs a bundle gives for being skipped, or false. */
export function withoutBundler(): string | false {
  return findDeno() ? false : "no Deno is there to bundle with (DENO)";
}

/** The text of the bundled `mod.ts`. */
export function bundleLibrary(): string {
  const folder = mkdtempSync(join(tmpdir(), "statedict-bundle-"));
  try {
    const output = join(folder, "statedict.js");
    const args = ["bundle", "--platform", "browser", "--minify", "--output", output];
    const run = spawnSync(findDeno()!, [...args, inRepo("mod.ts")], { cwd: inRepo() });
    if (run.status !== 0) throw new Error(`deno bundle failed: ${run.stderr}`);
    return readFileSync(output, "utf8");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
