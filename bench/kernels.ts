/**
 * The casts' inner loops alone, in process, against torch on one thread and numpy:
 *
 *     deno run -A bench/kernels.ts
 *
 * Each takes 64 MiB of float32 and its 16-bit twin, beyond every cache, in WebAssembly's own memory;
 * the least of 15 rounds counts. Speeds are of the bytes read and written. The Python is
 * `STATEDICT_PYTHON` or `python3`.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { KERNELS_WASM } from "../src/tensor/kernels/kernels_wasm.ts";
import { fromBase64 } from "../src/text/base64.ts";

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

const PAGE = 2 ** 16;

type Kernel = (from: number, to: number, count: number) => number;

/** The quickest seconds of each cast. */
function ours(): Map<string, number> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fromBase64(KERNELS_WASM)!));
  const memory = exports.memory as WebAssembly.Memory;
  const wide = memory.buffer.byteLength;
  const narrow = wide + 4 * COUNT;
  memory.grow(6 * COUNT / PAGE);
  const numbers = new Float32Array(memory.buffer, wide, COUNT);
  for (let i = 0; i < COUNT; i++) numbers[i] = 1 + i / COUNT;
  const least = (kernel: string, from: number, to: number) => {
    let best = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      const careful = (exports[kernel] as Kernel)(from, to, COUNT);
      best = Math.min(best, performance.now() - start);
      if (careful !== 0) throw new Error(`${kernel} found a number that needs care`);
    }
    return best / 1000;
  };
  return new Map([["bf16", "bfloat16"], ["f16", "float16"]].flatMap(([kernel, name]) => [
    [`float32 to ${name}`, least(`f32_${kernel}`, wide, narrow)],
    [`${name} to float32`, least(`${kernel}_f32`, narrow, wide)],
  ]));
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
