/**
 * What is measured: one line a program.
 *
 * @module
 */

/** One program on one file. */
export interface Row {
  /** How the table calls it. */
  readonly label: string;
  /**
   * The command line; `{deno}`, `{bun}`, `{node}`, `{python}`, `{cli}`, `{built}`, the same as npm has
   * it, `{bench}`, `{empty}`, `{file}` and `{out}`, an empty folder, are filled in.
   */
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

const python = (script: string): string[] => ["{python}", "-c", script, "{file}", "{out}"];

const TORCH_LIST = python(`import sys, torch
for name, tensor in torch.load(sys.argv[1], mmap=True, weights_only=True)["model"].items():
    print(name, tensor.dtype, list(tensor.shape))`);

const SAFETENSORS_LIST = python(`import sys
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as file:
    for name in file.keys():
        part = file.get_slice(name)
        print(name, part.get_dtype(), part.get_shape())`);

const TORCH_CONVERT = python(`import sys, torch
from safetensors.torch import save_file
save_file(torch.load(sys.argv[1], mmap=True)["model"], sys.argv[2] + "/o.safetensors")`);

const TORCH_CAST = python(`import sys, torch
from safetensors.torch import save_file
model = torch.load(sys.argv[1], mmap=True)["model"]
save_file({k: v.to(torch.bfloat16) for k, v in model.items()}, sys.argv[2] + "/o.safetensors")`);

const TORCH_SAVE = python(`import sys, torch
from safetensors.torch import load_file
torch.save(load_file(sys.argv[1]), sys.argv[2] + "/o.pt")`);

const TORCH_STATS = python(`import sys, torch
for v in torch.load(sys.argv[1], mmap=True)["model"].values():
    print(v.min(), v.max(), v.mean(), v.std(), v.isnan().sum(), v.isinf().sum(), (v == 0).sum())`);

const ZLIB_CRC = python(`import sys, zlib
crc = 0
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20): crc = zlib.crc32(block, crc)`);

const HASHLIB = python(`import sys, hashlib
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    while block := file.read(1 << 20): digest.update(block)`);

const TORCH_LOAD = python("import sys, torch; torch.load(sys.argv[1])");
const JOBLIB_LOAD = python("import sys, joblib; joblib.load(sys.argv[1])");
const PICKLE_LOAD = python("import sys, pickle; pickle.load(open(sys.argv[1], 'rb'))");

const deno = (...words: string[]): string[] => ["{deno}", "run", "-R", "-W", "{cli}", ...words];
const bun = (...words: string[]): string[] => ["{bun}", "{cli}", ...words];
const denoScript = (name: string): string[] => ["{deno}", "run", "-R", `{bench}/${name}`, "{file}"];
const bunScript = (name: string): string[] => ["{bun}", `{bench}/${name}`, "{file}"];
const node = (...words: string[]): string[] => ["{node}", "{built}", ...words];
const nodeScript = (name: string): string[] => ["{node}", `{bench}/${name}`, "{file}"];

/** What an output costs that is really on the disk. */
const CP_SYNC = {
  label: "cp + sync",
  command: ["sh", "-c", 'cp "$0" "$1/o" && sync "$1/o"', "{file}", "{out}"],
  against: [],
};
const CP = { label: "cp", command: ["cp", "{file}", "{out}/o"], against: [] };

/** The same words for the command in each runtime. */
function each(words: readonly string[], against: readonly string[]): Row[] {
  return [
    { label: "statedict, Deno", command: deno(...words), against },
    { label: "statedict, Bun", command: bun(...words), against },
    { label: "statedict, Node", command: node(...words), against },
  ];
}

/** The same for a script beside this file. */
function eachScript(name: string, against: readonly string[]): Row[] {
  return [
    { label: "statedict, Deno", command: denoScript(name), against },
    { label: "statedict, Bun", command: bunScript(name), against },
    { label: "statedict, Node", command: nodeScript(name), against },
  ];
}

const INSPECT = ["inspect", "{file}"];
const convert = (
  name: string,
  ...more: string[]
) => ["convert", "-q", "{file}", `{out}/${name}`, ...more];

/** Every workload. */
// deno-fmt-ignore
export const WORKLOADS: readonly Workload[] = [
  {
    name: "inspect, 2 GiB",
    file: "big.pt",
    rows: [
      { label: "bare Deno", command: ["{deno}", "run", "{empty}"], against: [] },
      { label: "bare Bun", command: ["{bun}", "{empty}"], against: [] },
      { label: "bare Node", command: ["{node}", "{empty}"], against: [] },
      { label: "statedict, Deno", command: deno(...INSPECT), against: ["bare Deno", "torch.load(mmap)", "safe_open"] },
      { label: "statedict, Bun", command: bun(...INSPECT), against: ["bare Bun", "torch.load(mmap)", "safe_open"] },
      { label: "statedict, Node", command: node(...INSPECT), against: ["bare Node", "torch.load(mmap)", "safe_open"] },
      { label: "torch.load(mmap)", command: TORCH_LIST, against: [] },
      { label: "safe_open", command: SAFETENSORS_LIST, against: [], file: "big.safetensors" },
    ],
  },
  { name: "inspect, 16 GiB", file: "sparse_16.pt", rows: each(INSPECT, []) },
  { name: "inspect, 1,000 tensors", file: "many_1000.pt", rows: each(INSPECT, []) },
  { name: "inspect, 10,000 tensors", file: "many_10000.pt", rows: each(INSPECT, []) },
  {
    name: "inspect, 20,000 tensors",
    file: "many_20000.pt",
    rows: [
      ...each(INSPECT, ["torch.load(mmap)"]),
      { label: "torch.load(mmap)", command: TORCH_LIST, against: [] },
    ],
  },
  {
    name: "inspect, 100,000 tensors",
    file: "many_100000.pt",
    rows: [
      ...each(INSPECT, ["torch.load(mmap)"]),
      { label: "torch.load(mmap)", command: TORCH_LIST, against: [] },
    ],
  },
  {
    name: "load all, 2 GiB",
    file: "big.pt",
    rows: [
      ...eachScript("load_all.ts", ["torch.load"]),
      { label: "torch.load", command: TORCH_LOAD, against: [] },
    ],
  },
  {
    name: "read all in blocks, 2 GiB",
    file: "big.pt",
    rows: [
      ...eachScript("read_blocks.ts", ["torch.load"]),
      { label: "torch.load", command: TORCH_LOAD, against: [] },
    ],
  },
  {
    name: ".pt to .safetensors, 2 GiB",
    file: "big.pt",
    rows: [
      CP,
      CP_SYNC,
      ...each(convert("o.safetensors", "--root", "model"), ["cp", "cp + sync", "torch.load(mmap) + save_file"]),
      { label: "torch.load(mmap) + save_file", command: TORCH_CONVERT, against: ["cp"] },
    ],
  },
  {
    name: ".safetensors to .pt, 2 GiB",
    file: "big.safetensors",
    rows: [
      CP,
      CP_SYNC,
      ...each(convert("o.pt"), ["cp", "cp + sync", "load_file + torch.save"]),
      { label: "load_file + torch.save", command: TORCH_SAVE, against: ["cp"] },
    ],
  },
  {
    name: "float32 to bfloat16, 2 GiB",
    file: "big.pt",
    rows: [
      CP,
      CP_SYNC,
      ...each(convert("o.safetensors", "--root", "model", "--dtype", "bfloat16"), ["cp", "cp + sync", "torch"]),
      { label: "torch", command: TORCH_CAST, against: ["cp"] },
    ],
  },
  {
    name: "statistics, 2 GiB",
    file: "big.pt",
    rows: [...each(["inspect", "--stats", "{file}"], ["torch"]), { label: "torch", command: TORCH_STATS, against: [] }],
  },
  {
    name: "verify, 2 GiB",
    file: "big.pt",
    rows: [...each(["verify", "{file}"], ["zlib.crc32"]), { label: "zlib.crc32", command: ZLIB_CRC, against: [] }],
  },
  {
    name: "sha256, 2 GiB",
    file: "big.pt",
    rows: [...each(["inspect", "--sha256", "{file}"], ["hashlib"]), { label: "hashlib", command: HASHLIB, against: [] }],
  },
  {
    name: "joblib zlib, 500 MB",
    file: "zlib.joblib",
    rows: [...eachScript("load_all.ts", ["joblib.load"]), { label: "joblib.load", command: JOBLIB_LOAD, against: [] }],
  },
  {
    name: "pickle, 1,000,000 objects",
    file: "objects.pkl",
    rows: [...eachScript("parse.ts", ["pickle.load"]), { label: "pickle.load", command: PICKLE_LOAD, against: [] }],
  },
];
