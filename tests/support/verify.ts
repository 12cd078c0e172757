/**
 * Asks the real libraries whether two files hold the same.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { inRepo } from "./corpus.ts";
import { findPython } from "./python.ts";

/** What a verifier says of one pair. */
export interface Verdict {
  /** 0 if they are equal. */
  readonly status: number;
  /** What it printed. */
  readonly output: string;
}

/** An array as a library finds it in a file. */
export interface ListedArray {
  /** Its sizes. */
  readonly shape: number[];
  /** Digest of its elements, row-major and little-endian. */
  readonly sha256: string;
}

/** What the libraries find in `.safetensors` and `.npz` files, by name. */
export async function listArrays(
  files: readonly string[],
): Promise<Record<string, ListedArray>[]> {
  const lines = await runScript("list_arrays.py", [], files, ["torch", "numpy", "safetensors"]);
  return lines.map((line) => JSON.parse(line) as Record<string, ListedArray>);
}

/** Runs the verifier on each argument list, in one Python. */
export async function verifyMany(
  verifier: "verify_torch" | "verify_arrays",
  pairs: readonly (readonly string[])[],
  modules: readonly string[],
): Promise<Verdict[]> {
  const lines = await runScript("verify_many.py", [verifier], pairs, modules);
  return lines.map((line) => JSON.parse(line) as Verdict);
}

async function runScript(
  name: string,
  args: readonly string[],
  items: readonly unknown[],
  modules: readonly string[],
): Promise<string[]> {
  const script = inRepo("fixtures", "generate", name);
  const child = spawn(findPython(modules)!, [script, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdin.end(JSON.stringify(items));
  const status = await new Promise((resolve) => child.on("close", resolve));
  const lines = output.split("\n").filter(Boolean);
  if (status !== 0 || lines.length !== items.length) {
    throw new Error(`${name} ended after ${lines.length} of ${items.length}: ${errors}`);
  }
  return lines;
}
