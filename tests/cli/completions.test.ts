import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { defineCommand } from "../../src/cli/command.ts";
import type { Program } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { command as completions } from "../../src/cli/completions.ts";
import { main } from "../../src/cli/main.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const look = defineCommand({
  args: { files: { value: "FILE", many: true, help: "" } },
  options: {
    filter: { type: "string", multiple: true, short: "f", value: "GLOB", help: "it's a [glob]: a" },
    format: { type: "string", choices: ["json", "npy", "npz"], help: "how" },
    json: { type: "boolean", help: "JSON" },
  },
  examples: [],
  run: () => 0,
});

const program: Program = [
  { name: "look", summary: "look: it's a test", load: () => Promise.resolve({ command: look }) },
  {
    name: "completions",
    summary: "scripts",
    load: () => Promise.resolve({ command: completions }),
  },
];

async function script(shell: string, of = program): Promise<string> {
  const terminal = fakeTerminal();
  assert.equal(await main(["completions", shell], terminal, of), 0);
  return terminal.out;
}

/** A reason to skip where the shell isn't installed. */
function without(shell: string): string | false {
  const { status } = spawnSync(shell, ["-c", "exit 0"]);
  return status === 0 ? false : `${shell} is not installed`;
}

const folder = await mkdtemp(join(tmpdir(), "statedict-"));
after(() => rm(folder, { recursive: true }));

async function shell(name: string, source: string, code: string): Promise<string> {
  const file = join(folder, `completions.${name}`);
  await writeFile(file, source);
  const args = name === "bash" ? ["--norc", "-c"] : name === "zsh" ? ["-f", "-c"] : ["-c"];
  const { stdout, stderr } = spawnSync(name, [...args, code.replace("SCRIPT", file)], {
    encoding: "utf8",
    cwd: folder,
    env: { ...process.env, HOME: folder },
  });
  assert.equal(stderr, "");
  return stdout;
}

const lines: [line: string[], bash: string][] = [
  [["statedict", ""], "look completions"],
  [["statedict", "lo"], "look"],
  [["statedict", "-q", "c"], "completions"],
  [["statedict", "--q"], "--quiet"],
  [["statedict", "look", "--f"], "--filter --format"],
  [["statedict", "look", "--format", ""], "json npy npz"],
  [["statedict", "look", "--format", "=", "np"], "npy npz"],
  [["statedict", "look", "--format", "="], "json npy npz"],
  [["statedict", "look", "-f", ""], ""],
  [["statedict", "look", ""], ""],
  [["statedict", "completions", ""], "bash zsh fish"],
];

test("completions bash completes in bash", { skip: without("bash"), timeout: 60_000 }, async () => {
  const tries = lines.map(([words]) =>
    `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); ` +
    `COMP_CWORD=${words.length - 1}; _statedict; echo "\${COMPREPLY[*]}"`
  );
  const out = await shell("bash", await script("bash"), `source SCRIPT\n${tries.join("\n")}`);
  assert.deepEqual(out.trimEnd().split("\n"), lines.map(([, words]) => words));
});

test("completions fish completes in fish", { skip: without("fish"), timeout: 60_000 }, async () => {
  const tries = [
    "statedict ",
    "statedict look --f",
    "statedict look --format=n",
    "statedict completions ",
  ]
    .map((line) => `complete -C '${line}'; echo =`);
  const out = await shell("fish", await script("fish"), `source SCRIPT\n${tries.join("\n")}`);
  const found = out.split("=\n").slice(0, 4).map((part) => part.trimEnd().split("\n").sort());
  assert.deepEqual(found, [
    ["completions\tscripts", "look\tlook: it's a test"],
    ["--filter\tit's a [glob]: a", "--format\thow"],
    ["--format=npy\thow", "--format=npz\thow"],
    ["bash", "fish", "zsh"],
  ]);
});

test(
  "completions zsh is a script that zsh takes",
  { skip: without("zsh"), timeout: 60_000 },
  async () => {
    // _arguments itself works only at a prompt: what reaches it is what is looked at.
    const code = `compdef() { :; }; _describe() { print -rl -- $commands }
_arguments() { print -rl -- "$@" }
source SCRIPT; words=(statedict ""); CURRENT=2; _statedict
words=(statedict look ""); CURRENT=3; _statedict`;
    const out = await shell("zsh", await script("zsh"), code);
    const found = out.trimEnd().split("\n");
    assert.deepEqual(found.slice(0, 3), ["look:look\\: it's a test", "completions:scripts", "-S"]);
    assert.deepEqual(found.slice(-5), [
      "*-f+[it's a \\[glob\\]\\: a]:GLOB:_files",
      "*--filter=[it's a \\[glob\\]\\: a]:GLOB:_files",
      "--format=[how]:VALUE:(json npy npz)",
      "--json[JSON]",
      "*:FILE:_files",
    ]);
    assert.ok(found.includes("--no-color[colours even where there is no terminal]"));
  },
);

test("completions knows every command of the program", { timeout: 60_000 }, async () => {
  for (const name of ["bash", "zsh", "fish"]) {
    const text = await script(name, COMMANDS);
    for (const { name: command } of COMMANDS) assert.match(text, new RegExp(`\\b${command}\\b`));
  }
});
