import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.ts";
import { fixturesDir } from "../support/corpus.ts";
import { findPython, withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";

const MODULES = ["torch", "safetensors"];

/** Compares what was saved of each cut file with the whole file: a line of the names that are equal. */
const COMPARE = `
import sys
import torch
from safetensors.torch import load_file

def load(path):
    if path.endswith(".safetensors"):
        return load_file(path)
    return torch.load(path, weights_only=True)

def tensors(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path[1:], value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from tensors(item, f"{path}.{i}")

whole = dict(tensors(load(sys.argv[1])))
for path in sys.argv[2:]:
    saved = dict(tensors(load(path)))
    equal = [name for name, tensor in saved.items() if torch.equal(tensor, whole[name])]
    print(*sorted(equal) if len(equal) == len(saved) else ["different"])`;

/** So many times a file is cut, each time by one part of {@linkcode PARTS} more. */
const CUTS = 7;
const PARTS = 24;

for (
  const [kind, ...path] of [
    ["zip", "checkpoint.pt"],
    ["legacy", "legacy_state_dict.pth"],
    ["safetensors", "hf_safetensors", "model-00002-of-00003.safetensors"],
  ] as const
) {
  test(
    `PyTorch loads what verify --salvage saves of a cut ${kind} file`,
    { skip: withoutPython(MODULES), timeout: 120_000 },
    () =>
      withScratch(async (folder) => {
        const original = join(fixturesDir("torch"), ...path);
        const bytes = readFileSync(original);
        const ending = kind === "safetensors" ? "safetensors" : "pt";
        const listed = await runCli(["inspect", original, "--json"]);
        const { tensors } = JSON.parse(listed.stdout) as { tensors: { name: string }[] };
        const names = tensors.map(({ name }) => name);
        const saved: string[] = [];
        const wanted: string[] = [];
        for (let parts = 1; parts <= CUTS; parts++) {
          const cut = join(folder, `cut${parts}.${ending}`);
          const out = join(folder, `saved${parts}.${ending}`);
          writeFileSync(cut, bytes.subarray(0, Math.floor(bytes.length * (1 - parts / PARTS))));
          const { stdout } = await runCli(["verify", cut, "--salvage", out, "--json"]);
          if (!existsSync(out)) continue;
          const { findings } = JSON.parse(stdout) as { findings: { path?: string }[] };
          const lost = new Set(findings.map((finding) => finding.path));
          saved.push(out);
          wanted.push(names.filter((name) => !lost.has(name)).sort().join(" "));
        }
        assert.ok(saved.length > 1, `${saved.length} files have something to save`);
        assert.ok(wanted.some((line) => line.split(" ").length < names.length));
        const python = findPython(MODULES)!;
        const { stdout, stderr } = spawnSync(python, ["-c", COMPARE, original, ...saved], {
          encoding: "utf8",
        });
        assert.deepEqual(stdout.trimEnd().split("\n"), wanted, stderr);
      }),
  );
}
