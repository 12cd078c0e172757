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

/** Runs the verifier on each argument list, in one Python. */
export async function verifyMany(
  verifier: "verify_torch" | "verify_arrays",
  pairs: readonly (readonly string[])[],
  modules: readonly string[],
): Promise<Verdict[]> {
  const script = inRepo("fixtures", "generate", "verify_many.py");
  const child = spawn(findPython(modules)!, [script, verifier], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => output += chunk);
  child.stderr.on("data", (chunk) => errors += chunk);
  child.stdin.end(JSON.stringify(pairs));
  const status = await new Promise((resolve) => child.on("close", resolve));
  const verdicts = output.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Verdict);
  if (status !== 0 || verdicts.length !== pairs.length) {
    throw new Error(`the verifier ended after ${verdicts.length} of ${pairs.length}: ${errors}`);
  }
  return verdicts;
}
