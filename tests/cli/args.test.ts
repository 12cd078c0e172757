import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "../../src/cli/args.ts";
import { isStateDictError } from "../../src/errors.ts";

const tables = {
  name: "statedict demo",
  args: { files: { value: "FILE", many: true, help: "files" } },
  options: {
    filter: { type: "string", multiple: true, short: "f", value: "GLOB", help: "some" },
    out: { type: "string", short: "o", value: "PATH", help: "where" },
    format: { type: "string", choices: ["json", "npy", "npz"], default: "json", help: "how" },
    maxShardSize: { type: "size", value: "SIZE", help: "how big" },
    maxElements: { type: "integer", default: 100, help: "how many" },
    atol: { type: "number", short: "a", help: "how near" },
    json: { type: "boolean", short: "j", help: "JSON" },
    tree: { type: "boolean", short: "t", default: true, help: "tree" },
    color: { type: "boolean", negatable: true, help: "colour" },
  },
} as const;

const defaults = {
  filter: [],
  out: undefined,
  format: "json",
  maxShardSize: undefined,
  maxElements: 100,
  atol: undefined,
  json: false,
  tree: true,
  color: undefined,
};

function parse(...words: string[]): unknown {
  const { args, options } = parseArgs(words, tables);
  return { files: args.files, ...options };
}

function refused(words: string[], message: string, hint: string): void {
  assert.throws(() => parse(...words), (error) => {
    assert.ok(isStateDictError(error) && error.code === "usage");
    assert.deepEqual([error.message, error.hint], [message, hint]);
    return true;
  });
}

test("parseArgs() fills in defaults", () => {
  assert.deepEqual(parse("a"), { ...defaults, files: ["a"] });
});

test("parseArgs() reads long options with a blank or an equals sign", () => {
  assert.deepEqual(
    parse("--filter", "a.*", "x", "--filter=b=c", "--max-shard-size", "5MB", "--max-elements=7"),
    {
      ...defaults,
      files: ["x"],
      filter: ["a.*", "b=c"],
      maxShardSize: 5_000_000,
      maxElements: 7,
    },
  );
  assert.deepEqual(parse("x", "--out="), { ...defaults, files: ["x"], out: "" });
});

test("parseArgs() reads short options alone, joined and in a cluster", () => {
  const read = { ...defaults, files: ["x"], filter: ["g"], json: true };
  assert.deepEqual(parse("-j", "-f", "g", "x"), read);
  assert.deepEqual(parse("-jfg", "x"), read);
  assert.deepEqual(parse("-jf=g", "x"), read);
  assert.deepEqual(parse("x", "-jf", "g"), read);
});

test("parseArgs() takes back booleans with --no-", () => {
  assert.deepEqual(parse("x", "--json", "--no-json", "--no-tree", "--no-color"), {
    ...defaults,
    files: ["x"],
    tree: false,
    color: false,
  });
  assert.deepEqual(parse("x", "--no-color", "--color"), { ...defaults, files: ["x"], color: true });
});

test("parseArgs() takes - for a file or a value and all after -- for files", () => {
  assert.deepEqual(parse("-", "--out", "-", "--", "--json", "-x", "--"), {
    ...defaults,
    files: ["-", "--json", "-x", "--"],
    out: "-",
  });
});

test("parseArgs() reads numbers, negative ones too", () => {
  const read = (text: string) => (parse("x", "--atol", text) as { atol: number }).atol;
  assert.deepEqual(["1e-6", "-2.5", ".5", "3.", "+1"].map(read), [1e-6, -2.5, 0.5, 3, 1]);
});

test("parseArgs() refuses unknown options with the likely one", () => {
  refused(["x", "--fliter", "a"], "There is no option --fliter", "did you mean --filter?");
  refused(["--max-shard=3"], "There is no option --max-shard", "did you mean --max-shard-size?");
  refused(["-json"], "There is no option -json", "did you mean --json?");
  refused(["-x"], "There is no option -x", "statedict demo --help lists the options");
  refused(
    ["--__proto__"],
    "There is no option --__proto__",
    "statedict demo --help lists the options",
  );
});

test("parseArgs() refuses values that don't fit", () => {
  refused(["x", "--filter"], "--filter needs a value", "write --filter=GLOB");
  refused(["x", "--filter", "--json"], "--filter needs a value", "write --filter=GLOB");
  refused(["x", "-o", "-j"], "-o needs a value", "write -oPATH");
  refused(["x", "--json=yes"], "--json takes no value", "write --json alone");
  refused(["--out=a", "-o", "b"], "-o is given twice", "give it once");
  refused(
    ["x", "--format", "nyp"],
    `--format can't be "nyp"`,
    "did you mean npy? It is one of json, npy, npz",
  );
  refused(["x", "--format=pdf"], `--format can't be "pdf"`, "it is one of json, npy, npz");
  refused(["x", "--max-elements=-1"], `--max-elements can't be "-1"`, "give it a whole number");
  refused(["x", "--atol=0x10"], `--atol can't be "0x10"`, "give it a number");
  refused(["x", "--atol=1e999"], `--atol can't be "1e999"`, "give it a number");
  refused(["--max-shard-size=5"], "FILE is missing", "write statedict demo FILE…");
  refused(["--max-shard-size=big"], `"big" is not a size`, "write bytes as 5000000, 5MB or 256MiB");
});

test("parseArgs() shares positional words among the arguments", () => {
  const ins = { value: "IN", many: true, help: "" } as const;
  const out = { value: "OUT", help: "" } as const;
  const shell = { value: "SHELL", choices: ["bash", "zsh"], optional: true, help: "" } as const;
  const read = (args: Parameters<typeof parseArgs>[1]["args"], ...words: string[]) =>
    parseArgs(words, { name: "c", args, options: {} }).args;
  assert.deepEqual(read({ ins, out }, "a", "b", "c"), { ins: ["a", "b"], out: "c" });
  assert.deepEqual(read({ ins, out }, "a", "b"), { ins: ["a"], out: "b" });
  assert.deepEqual(read({ a: out, b: out }, "x", "y"), { a: "x", b: "y" });
  assert.deepEqual(read({ shell }), { shell: undefined });
  assert.deepEqual(read({ shell }, "zsh"), { shell: "zsh" });
  assert.throws(() => read({ ins, out }, "a"), /IN is missing/);
  assert.throws(() => read({ out }, "a", "b"), /"b" is one argument too many/);
  assert.throws(() => read({ shell }, "zhs"), /SHELL can't be "zhs"/);
});
