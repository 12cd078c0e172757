import assert from "node:assert/strict";
import { test } from "node:test";
import { defineCommand } from "../../src/cli/command.ts";
import type { Command, Program } from "../../src/cli/command.ts";
import { main } from "../../src/cli/main.ts";
import { StateDictError } from "../../src/errors.ts";
import { fakeTerminal } from "./fake_terminal.ts";

/** Says what it was given, or fails as its argument says. */
const echo = defineCommand({
  args: { word: { value: "WORD", help: "what to say" } },
  options: {
    times: { type: "integer", short: "n", default: 1, value: "N", help: "how often" },
    status: { type: "integer", default: 0, help: "exit status" },
  },
  examples: [["statedict echo hi", "says hi"]],
  notes: "Echoes end.",
  run({ args: { word }, options }, io) {
    if (word === "corrupt") {
      throw new StateDictError("corrupt", "The end is\x1b[2J missing", { path: "a.pt", offset: 7 });
    }
    if (word === "bug") throw new TypeError("x is not a function");
    io.note("a note\n");
    for (let i = 0; i < options.times; i++) io.stdout(`${word}\n`);
    if (word === "colour") io.stdout(`${io.color("stdout")}\n`);
    return options.status;
  },
});

const program: Program = [
  { name: "echo", summary: "say a word", load: () => Promise.resolve({ command: echo }) },
  {
    name: "broken",
    summary: "never loads",
    load: (): Promise<{ command: Command }> => Promise.reject(new Error("must not be loaded")),
  },
];

async function run(line: string, terminal = fakeTerminal()) {
  const words = line === "" ? [] : line.split(" ");
  const status = await main(words, terminal, program);
  return { status, out: terminal.out, err: terminal.err };
}

test("main() runs a command with its arguments, global options before or after", async () => {
  const said = { status: 0, out: "hi\nhi\n", err: "a note\n" };
  assert.deepEqual(await run("echo hi -n 2"), said);
  assert.deepEqual(await run("echo hi -n 2 --quiet"), { ...said, err: "" });
  assert.deepEqual(await run("-q echo -n2 hi"), { ...said, err: "" });
  assert.equal((await run("echo no --status 1")).status, 1);
});

test("main() honours --color and --no-color over the terminal", async () => {
  const terminal = () => fakeTerminal({ terminals: ["stdout"] });
  assert.equal((await run("echo colour", terminal())).out, "colour\ntrue\n");
  assert.equal((await run("echo colour --no-color", terminal())).out, "colour\nfalse\n");
  assert.equal((await run("--color echo colour")).out, "colour\ntrue\n");
});

test("main() writes all output of a command at once", async () => {
  const terminal = fakeTerminal();
  assert.equal(await main(["echo", "x", "-qn", "1000"], terminal, program), 0);
  assert.deepEqual(terminal.writes, ["stdout"]);
  assert.equal(terminal.out, "x\n".repeat(1000));
});

test("main() prints version and help to standard output", async () => {
  const version = { status: 0, out: "statedict 0.1.0 (test 1.2.3, here)\n", err: "" };
  for (const line of ["--version", "-V", "echo --version x", "--version broken"]) {
    assert.deepEqual(await run(line), version);
  }
  for (const line of ["--help", "-h", "--help --no-color"]) {
    const { status, out, err } = await run(line);
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /^ {2}echo {4}say a word$/m);
  }
  for (const line of ["echo --help", "-h echo", "echo too many words -h --nonsense"]) {
    const { status, out, err } = await run(line);
    assert.deepEqual([status, err], [0, ""]);
    assert.match(out, /^Usage: statedict echo \[OPTIONS\] WORD$/m);
  }
});

test("main() takes --help after -- for a word", async () => {
  assert.equal((await run("echo -q -- --help")).out, "--help\n");
});

test("main() answers a bare call with the help on standard error and status 2", async () => {
  const { status, out, err } = await run("");
  assert.deepEqual([status, out], [2, ""]);
  assert.match(err, /Usage: statedict COMMAND/);
});

test("main() gives usage errors status 2 and one line", async () => {
  const lines: [string, string][] = [
    ["ecko hi", 'statedict: There is no command "ecko" — did you mean echo?\n'],
    [
      "model.pt",
      'statedict: There is no command "model.pt" — to look into a file, write statedict inspect model.pt\n',
    ],
    ["echo", "statedict: WORD is missing — write statedict echo WORD\n"],
    ["echo hi --tims 3", "statedict: There is no option --tims — did you mean --times?\n"],
    [
      "--xyzzy 3 echo hi",
      "statedict: There is no option --xyzzy — statedict --help lists the options\n",
    ],
  ];
  for (const [line, err] of lines) assert.deepEqual(await run(line), { status: 2, out: "", err });
});

test("main() shows errors of the input in one escaped line, with a stack only on --debug", async () => {
  const line = "statedict: a.pt: The end is\\u{1b}[2J missing (byte 7)\n";
  assert.deepEqual(await run("echo corrupt"), { status: 3, out: "", err: line });
  const { status, err } = await run("echo corrupt --debug");
  assert.equal(status, 3);
  assert.ok(err.startsWith(line) && /main\.test\.ts/.test(err) && !err.includes("\x1b"));
});

test("main() asks to report a fault of its own", async () => {
  const { status, err } = await run("echo bug");
  assert.equal(status, 3);
  assert.match(
    err,
    /^statedict: Internal error: TypeError: x is not a function — please report .*\n$/,
  );
  assert.match((await run("broken")).err, /^statedict: Internal error: Error: must not be loaded/);
});

test("main() is silent when its reader goes away, and keeps the answer", async () => {
  const closed = () => fakeTerminal({ closed: ["stdout"] });
  assert.deepEqual(await run("echo hi -q --status 1", closed()), { status: 1, out: "", err: "" });
  // A note writes out what is held back, so the command is cut short.
  assert.deepEqual(await run("--help", closed()), { status: 0, out: "", err: "" });
  assert.deepEqual(await run("echo bug", fakeTerminal({ closed: ["stdout", "stderr"] })), {
    status: 3,
    out: "",
    err: "",
  });
});
