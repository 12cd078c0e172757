import assert from "node:assert/strict";
import { test } from "node:test";
import { defineCommand } from "../../src/cli/command.ts";
import type { Program } from "../../src/cli/command.ts";
import { command as help, commandHelp, findCommand, programHelp } from "../../src/cli/help.ts";
import { main } from "../../src/cli/main.ts";
import { isStateDictError } from "../../src/errors.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const copy = defineCommand({
  args: {
    ins: { value: "IN", many: true, help: "what to copy" },
    mode: { value: "MODE", optional: true, choices: ["fast", "slow"], help: "how" },
  },
  options: {
    filter: { type: "string", multiple: true, short: "f", value: "GLOB", help: "only these" },
    maxShardSize: { type: "size", value: "SIZE", default: "5GB", help: "bytes a file" },
    format: { type: "string", choices: ["json", "npy"], help: "the form" },
    strict: { type: "boolean", negatable: true, help: "refuse what is unknown" },
  },
  examples: [["statedict copy a b", "copies both"]],
  notes: "Nothing is ever moved.",
  run: () => 0,
});

const program: Program = [
  { name: "copy", summary: "copy things", load: () => Promise.resolve({ command: copy }) },
  { name: "help", summary: "tell more", load: () => Promise.resolve({ command: help }) },
];

test("commandHelp() tells arguments, options, notes and examples", () => {
  const text = commandHelp(program[0]!, copy, 100);
  assert.equal(
    text.slice(0, text.indexOf("Options of every command")),
    `statedict copy: copy things

Usage: statedict copy [OPTIONS] IN… [MODE]

Arguments:
  IN…     what to copy
  [MODE]  how: fast, slow

Options:
  -f, --filter GLOB          only these; may be given again
      --max-shard-size SIZE  bytes a file (default: 5GB)
      --format VALUE         the form: json, npy
      --[no-]strict          refuse what is unknown

`,
  );
  assert.ok(text.endsWith(`
Nothing is ever moved.

Examples:
  statedict copy a b  copies both
`));
});

test("commandHelp() keeps to the terminal's width", () => {
  const wordy = defineCommand({
    args: {},
    options: { long: { type: "boolean", help: "many words ".repeat(30).trim() } },
    examples: [],
    run: () => 0,
  });
  for (const columns of [60, 80, 300]) {
    const lines = commandHelp(program[0]!, wordy, columns).split("\n");
    assert.ok(lines.every((line) => line.length <= Math.min(columns, 100)), String(columns));
  }
});

test("programHelp() lists the commands and the exit statuses", () => {
  const text = programHelp(program, 80);
  assert.match(text, /^ {2}copy {2}copy things\n {2}help {2}tell more$/m);
  for (const status of [0, 1, 2, 3]) assert.match(text, new RegExp(`^  ${status}  `, "m"));
  assert.match(text, /hf:\/\/owner\/repo/);
});

test("findCommand() says what was probably meant", () => {
  assert.equal(findCommand(program, "copy"), program[0]);
  const hints: [name: string, hint: string][] = [
    ["coyp", "did you mean copy?"],
    ["./a", "to look into a file, write statedict inspect ./a"],
    ["xyzzy", "statedict --help lists the commands"],
    ["__proto__", "statedict --help lists the commands"],
  ];
  for (const [name, hint] of hints) {
    assert.throws(
      () => findCommand(program, name),
      (error) => isStateDictError(error) && error.code === "usage" && error.hint === hint,
      name,
    );
  }
});

test("help tells of the program and of one command", async () => {
  const run = async (...words: string[]) => {
    const terminal = fakeTerminal({ columns: 80 });
    return [await main(words, terminal, program), terminal.out];
  };
  assert.deepEqual(await run("help"), [0, programHelp(program, 80)]);
  assert.deepEqual(await run("help", "copy"), [0, commandHelp(program[0]!, copy, 80)]);
  assert.deepEqual(await run("help", "cpy"), [2, ""]);
});
