/**
 * The Python whose libraries the tests compare with, where there is one.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { inRepo } from "./corpus.ts";

const known = new Map<string, string | null>();

/**
 * A Python that has these modules: STATEDICT_PYTHON, the one that `.ci/venv` made, or `python3`; or
 * undefined. The modules are looked up, not imported: importing torch takes seconds.
 */
export function findPython(modules: readonly string[] = []): string | undefined {
  const key = modules.join();
  let python = known.get(key);
  if (python === undefined) known.set(key, python = search(modules) ?? null);
  return python ?? undefined;
}

/** The reason that a test which needs these modules gives for being skipped, or false. */
export function withoutPython(modules: readonly string[]): string | false {
  return findPython(modules) ? false : `no Python with ${modules.join(", ")} (run .ci/venv)`;
}

const HAS_MODULES = `
import importlib.util, sys
sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))`;

function search(modules: readonly string[]): string | undefined {
  const own = inRepo(".venv", "bin", "python");
  const wanted = process.env.STATEDICT_PYTHON;
  const candidates = wanted ? [wanted] : [...existsSync(own) ? [own] : [], "python3"];
  return candidates.find((python) =>
    spawnSync(python, ["-c", HAS_MODULES, ...modules], { timeout: 30_000 }).status === 0
  );
}
