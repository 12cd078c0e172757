/**
 * The casts' inner loops alone, in process, against torch on one thread and numpy:
 *
 *     deno run -A bench/kernels.ts
 *
 * Each takes 64 MiB of float32 and its 16-bit twin, beyond every cache; the least of 15 rounds
 * counts. Speeds are of the bytes read and written. The Python is `STATEDICT_PYTHON` or `python3`.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { decodeHalves, encodeHalves, KERNEL_NUMBERS } from "../src/tensor/kernels/kernels.ts";
import type { HalfName } from "../src/tensor/kernels/kernels.ts";

const COUNT = 2 ** 24;
const ROUNDS = 15;

const PEERS = `import json, time, numpy, torch
torch.set_num_threads(1)
def least(action):
    times = []
    for _ in range(${ROUNDS}):
        start = time.perf_counter(); action(); times.append(time.perf_counter() - start)
    return min(times)
wide = torch.linspace(1, 2, ${COUNT}); out = torch.empty_like(wide); found = {}
for name, half in (("bfloat16", torch.bfloat16), ("float16", torch.float16)):
    narrow = wide.to(half)
    found["float32 to " + name] = [least(lambda: narrow.copy_(wide))]
    found[name + " to float32"] = [least(lambda: out.copy_(narrow))]
plain = wide.numpy(); small = plain.astype("float16"); back = numpy.empty_like(plain)
found["float32 to float16"].append(least(lambda: numpy.copyto(small, plain, "same_kind")))
found["float16 to float32"].append(least(lambda: numpy.copyto(back, small)))
print(json.dumps(found))`;

/** Seconds of the quickest round over all blocks. */
function least(block: (from: number) => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let from = 0; from < COUNT; from += KERNEL_NUMBERS) block(from);
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

function ours(): Map<string, number> {
  const wide = Float32Array.from({ length: COUNT }, (_, i) => 1 + i / COUNT);
  const wideBytes = new Uint8Array(wide.buffer);
  const narrow = new Uint8Array(2 * COUNT);
  const found = new Map<string, number>();
  const check = (done: boolean) => {
    if (!done) throw new Error("There are no kernels here");
  };
  for (const name of ["bfloat16", "float16"] satisfies HalfName[]) {
    const parts = (from: number) =>
      [
        wideBytes.subarray(4 * from, 4 * (from + KERNEL_NUMBERS)),
        narrow.subarray(2 * from, 2 * (from + KERNEL_NUMBERS)),
      ] as const;
    const encode = (from: number) => {
      const [left, right] = parts(from);
      check(encodeHalves(name, left, right, KERNEL_NUMBERS));
    };
    const decode = (from: number) => {
      const [left, right] = parts(from);
      check(decodeHalves(name, right, left, KERNEL_NUMBERS));
    };
    found.set(`float32 to ${name}`, least(encode)).set(`${name} to float32`, least(decode));
  }
  return found;
}

const python = process.env.STATEDICT_PYTHON ?? "python3";
const { stdout, stderr, status } = spawnSync(python, ["-c", PEERS], { encoding: "utf8" });
if (status !== 0) throw new Error(`The peers can't be measured: ${stderr}`);
const peers = JSON.parse(stdout) as Record<string, number[]>;
console.log("| cast | GB/s | of torch | of numpy |\n| --- | ---: | ---: | ---: |");
for (const [name, seconds] of ours()) {
  const ratios = [0, 1].map((i) => {
    const peer = peers[name]![i];
    return peer === undefined ? "" : `${(peer / seconds).toFixed(2)} x`;
  });
  console.log(`| ${name} | ${(6 * COUNT / seconds / 1e9).toFixed(1)} | ${ratios.join(" | ")} |`);
}
