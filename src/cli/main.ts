/**
 * From the words of a command line to an exit status.
 *
 * @module
 */

import { parseArgs } from "./args.ts";
import { GLOBAL_OPTIONS } from "./command.ts";
import type { Parsed, Program } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exit.ts";
import { makeIo } from "./io.ts";
import { parseLimits } from "./limits.ts";
import type { Io, IoSettings } from "./io.ts";
import { openTerminal, OutputClosed } from "./term.ts";
import type { Terminal } from "./term.ts";
import { VERSION } from "./version.ts";

/** Runs the program on the runtime's own terminal and ends it; or tells of an error and ends it. */
export async function start(failure?: unknown): Promise<void> {
  const terminal = openTerminal();
  if (failure === undefined) terminal.exit(await main(terminal.args, terminal));
  const settings = { quiet: false, debug: false, color: undefined };
  terminal.exit(await tell(failure, makeIo(terminal, settings)));
}

/** Runs the program and gives its exit status. Everything is written when it returns. */
export async function main(
  words: readonly string[],
  terminal: Terminal,
  program: Program = COMMANDS,
): Promise<number> {
  const settings: IoSettings = {
    quiet: false,
    debug: words.includes("--debug"),
    color: undefined,
    limits: {},
  };
  const io = makeIo(terminal, settings);
  try {
    const status = await dispatch(words, program, io, settings, terminal);
    return finish(io, status);
  } catch (error) {
    return await tell(error, io);
  }
}

/** Writes out what is held back. If its reader is gone by now, the answer is known all the same. */
function finish(io: Io, status: number): number {
  try {
    io.flush();
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error;
  }
  return status;
}

/** Errors are rare: what shows them loads only for one. */
async function tell(error: unknown, io: Io): Promise<number> {
  const { exitStatus, reportError } = await import("./errors.ts");
  try {
    finish(io, 0);
    return reportError(error, io);
  } catch {
    return exitStatus(error); // standard error is gone too: there is no one to tell
  }
}

type Globals = Parsed<Record<never, never>, typeof GLOBAL_OPTIONS>["options"];

async function dispatch(
  words: readonly string[],
  program: Program,
  io: Io,
  settings: IoSettings,
  terminal: Terminal,
): Promise<number> {
  const found = words.findIndex((word) => !word.startsWith("-") || word === "-");
  const at = found < 0 ? words.length : found;
  const [before, name, after] = [words.slice(0, at), words[at], words.slice(at + 1)];

  // What stands before the command's name can only be global: anything else is refused here.
  const early = parseArgs(before, { args: {}, options: GLOBAL_OPTIONS, name: "statedict" });
  const globals = early.options as Globals;
  apply(globals, settings);
  if (globals.version) return showVersion(io, terminal);
  if (name === undefined) return await showProgramHelp(program, io, globals.help);

  const entry = program.find((one) => one.name === name) ??
    (await import("./help.ts")).findCommand(program, name);
  const { command } = await entry.load();
  if (asksForHelp(words)) {
    const { commandHelp } = await import("./help.ts");
    io.stdout(commandHelp(entry, command, io.columns));
    return EXIT.fine;
  }
  const parsed = parseArgs([...before, ...after], {
    args: command.args,
    options: { ...command.options, ...GLOBAL_OPTIONS },
    name: `statedict ${name}`,
  });
  apply(parsed.options as Globals, settings);
  if (parsed.options.version) return showVersion(io, terminal);
  return await command.run(parsed, io, program);
}

function apply({ quiet, debug, color, limit }: Globals, settings: IoSettings): void {
  Object.assign(settings, { quiet, debug, color, limits: parseLimits(limit) });
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  const options = end < 0 ? words : words.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

function showVersion(io: Io, terminal: Terminal): number {
  io.stdout(`statedict ${VERSION} (${terminal.describe()})\n`);
  return EXIT.fine;
}

/** The help that was asked for is data; that of a bare `statedict` tells of a wrong usage. */
async function showProgramHelp(program: Program, io: Io, asked: boolean): Promise<number> {
  const { programHelp } = await import("./help.ts");
  const text = programHelp(program, io.columns);
  if (asked) io.stdout(text);
  else io.stderr(text);
  return asked ? EXIT.fine : EXIT.usage;
}
