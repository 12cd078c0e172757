/**
 * What is measured: one line a program.
 *
 * @module
 */

/** One program on one file. */
export interface Row {
  /** How the table calls it. */
  readonly label: string;
  /** The command line; `{deno}`, `{bun}`, `{node}`, `{python}`, `{cli}`, `{empty}` and `{file}` are filled in. */
  readonly command: readonly string[];
  /** The rows of this workload whose time this one's is divided by. */
  readonly against: readonly string[];
  /** Another file than the workload's. */
  readonly file?: string;
}

/** Programs that do the same thing, measured in turn. */
export interface Workload {
  /** How the table calls it. */
  readonly name: string;
  /** A file that `make_files.py` makes. */
  readonly file: string;
  /** The programs. */
  readonly rows: readonly Row[];
}

const TORCH_LIST = `import sys, torch
for name, tensor in torch.load(sys.argv[1], mmap=True, weights_only=True)["model"].items():
    print(name, tensor.dtype, list(tensor.shape))`;

const SAFETENSORS_LIST = `import sys
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as file:
    for name in file.keys():
        part = file.get_slice(name)
        print(name, part.get_dtype(), part.get_shape())`;

const OURS_DENO = ["{deno}", "run", "-R", "{cli}", "inspect", "{file}"];
const OURS_BUN = ["{bun}", "{cli}", "inspect", "{file}"];
const TORCH = ["{python}", "-c", TORCH_LIST, "{file}"];

/** Every workload. */
export const WORKLOADS: readonly Workload[] = [
  {
    name: "inspect, 2 GiB",
    file: "big.pt",
    // deno-fmt-ignore
    rows: [
      { label: "bare Deno", command: ["{deno}", "run", "{empty}"], against: [] },
      { label: "bare Bun", command: ["{bun}", "{empty}"], against: [] },
      { label: "statedict, Deno", command: OURS_DENO, against: ["bare Deno", "torch.load(mmap)"] },
      { label: "statedict, Bun", command: OURS_BUN, against: ["bare Bun", "torch.load(mmap)"] },
      { label: "torch.load(mmap)", command: TORCH, against: ["statedict, Deno"] },
      { label: "safetensors safe_open", command: ["{python}", "-c", SAFETENSORS_LIST, "{file}"], against: ["statedict, Deno"], file: "big.safetensors" },
    ],
  },
  {
    name: "inspect, 20,000 tensors",
    file: "many_20000.pt",
    // deno-fmt-ignore
    rows: [
      { label: "statedict, Deno", command: OURS_DENO, against: ["torch.load(mmap)"] },
      { label: "statedict, Bun", command: OURS_BUN, against: ["torch.load(mmap)"] },
      { label: "torch.load(mmap)", command: TORCH, against: ["statedict, Deno"] },
    ],
  },
  {
    name: "inspect, 100,000 tensors",
    file: "many_100000.pt",
    // deno-fmt-ignore
    rows: [
      { label: "statedict, Deno", command: OURS_DENO, against: ["torch.load(mmap)"] },
      { label: "statedict, Bun", command: OURS_BUN, against: ["torch.load(mmap)"] },
      { label: "torch.load(mmap)", command: TORCH, against: ["statedict, Deno"] },
    ],
  },
];
