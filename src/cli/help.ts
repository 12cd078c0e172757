/**
 * The command `help`, and the texts that `--help` prints, made from the commands' tables.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { argUsage, defineCommand, flagOf, GLOBAL_OPTIONS } from "./command.ts";
import type { Command, CommandEntry, OptionSpec, OptionSpecs, Program } from "./command.ts";
import { EXIT } from "./exit.ts";
import { closest } from "./suggest.ts";
import { VERSION } from "./version.ts";

/** `statedict help [COMMAND]`. */
export const command: Command = defineCommand({
  args: {
    topic: { value: "COMMAND", optional: true, help: "the command; all of them if left out" },
  },
  options: {},
  examples: [["statedict help inspect", "the same as statedict inspect --help"]],
  async run({ args: { topic } }, io, program) {
    if (topic === undefined) io.stdout(programHelp(program, io.columns));
    else {
      const entry = findCommand(program, topic);
      io.stdout(commandHelp(entry, (await entry.load()).command, io.columns));
    }
    return EXIT.fine;
  },
});

/** The entry of a command; throws `usage` with the likely one if there is none of that name. */
export function findCommand(program: Program, name: string): CommandEntry {
  const entry = program.find((one) => one.name === name);
  if (entry) return entry;
  const near = closest(name, program.map((one) => one.name));
  const isFile = near === undefined && /[./\\]/.test(name);
  const hint = isFile
    ? `to look into a file, write statedict inspect ${name}`
    : near
    ? `did you mean ${near}?`
    : "statedict --help lists the commands";
  throw new StateDictError("usage", `There is no command "${name}"`, { hint });
}

/** What `statedict --help` prints. */
export function programHelp(program: Program, columns: number): string {
  return sections([
    `statedict ${VERSION}: opens, checks, edits and writes model-state files, and runs nothing that\n` +
    "a file says.",
    "Usage: statedict COMMAND [OPTIONS] FILE…",
    section("Commands", program.map(({ name, summary }) => [name, summary]), columns),
    section("Options of every command", optionRows(GLOBAL_OPTIONS), columns),
    "A FILE is a path, - for standard input, an http(s):// address, or hf://owner/repo[@rev]/path.",
    section("Exit status", [
      ["0", "fine"],
      ["1", "the answer is no: not safe (scan), different (diff), damaged (verify)"],
      ["2", "wrong usage"],
      ["3", "an input can't be read, or only in part"],
    ], columns),
    "statedict COMMAND --help tells more of a command.",
  ]);
}

/** What `statedict COMMAND --help` prints. */
export function commandHelp(entry: CommandEntry, command: Command, columns: number): string {
  const args = Object.values(command.args);
  const usage = ["Usage: statedict", entry.name, "[OPTIONS]", ...args.map(argUsage)].join(" ");
  return sections([
    `statedict ${entry.name}: ${entry.summary}`,
    usage,
    section("Arguments", args.map((spec) => [argUsage(spec), withChoices(spec)]), columns),
    section("Options", optionRows(command.options), columns),
    section("Options of every command", optionRows(GLOBAL_OPTIONS), columns),
    command.notes ?? "",
    section("Examples", command.examples, columns, MAX_EXAMPLE),
  ]);
}

function optionRows(options: OptionSpecs): [string, string][] {
  return Object.entries(options).map(([key, spec]) => [optionUsage(key, spec), optionHelp(spec)]);
}

function optionUsage(key: string, spec: OptionSpec): string {
  const flag = spec.negatable ? flagOf(key).replace("--", "--[no-]") : flagOf(key);
  const short = spec.short ? `-${spec.short}, ` : "    ";
  return short + flag + (spec.type === "boolean" ? "" : ` ${spec.value ?? "VALUE"}`);
}

function optionHelp(spec: OptionSpec): string {
  let help = withChoices(spec);
  if (spec.multiple) help += "; may be given again";
  if (spec.default !== undefined && spec.default !== false) help += ` (default: ${spec.default})`;
  return help;
}

function withChoices(spec: { help: string; choices?: readonly string[] }): string {
  return spec.choices ? `${spec.help}: ${spec.choices.join(", ")}` : spec.help;
}

function sections(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** A left side longer than this has its explanation on the next line. */
const MAX_LEFT = 32;
/** Example lines are long by nature. */
const MAX_EXAMPLE = 50;
/** Lines longer than this are hard to read, however wide the terminal. */
const MAX_COLUMNS = 100;

function section(
  title: string,
  rows: readonly (readonly [string, string])[],
  columns: number,
  maxLeft = MAX_LEFT,
): string {
  if (rows.length === 0) return "";
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= maxLeft);
  const indent = Math.max(0, ...fitting) + 4;
  const width = Math.max(24, Math.min(columns, MAX_COLUMNS) - indent);
  const lines = rows.map(([left, right]) => {
    const text = wrap(right, width).join(`\n${" ".repeat(indent)}`);
    const start = `  ${left}`;
    return start.length + 2 > indent
      ? `${start}\n${" ".repeat(indent)}${text}`
      : start.padEnd(indent) + text;
  });
  return `${title}:\n${lines.join("\n")}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines;
}
