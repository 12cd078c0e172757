/** A small program over the real terminal, for term.test.ts to run in a process of its own. */
import { defineCommand } from "../../src/cli/command.ts";
import { main } from "../../src/cli/main.ts";
import { openTerminal } from "../../src/cli/term.ts";

const terminal = openTerminal();

const facts = defineCommand({
  args: { words: { value: "WORD", many: true, optional: true, help: "" } },
  options: {},
  examples: [],
  run({ args }, io) {
    const { columns } = io;
    const [out, err] = [io.isTerminal("stdout"), io.isTerminal("stderr")];
    const color = io.color("stdout");
    io.stdout(JSON.stringify({ words: args.words, out, err, columns, color }));
    io.note("noted");
    return 1;
  },
});

const flood = defineCommand({
  args: {},
  options: { lines: { type: "integer", default: 1, help: "" } },
  examples: [],
  run({ options }, io) {
    for (let i = 0; i < options.lines; i++) io.stdout(`${"0123456789".repeat(10)}\n`);
    return 0;
  },
});

const wait = defineCommand({
  args: {},
  options: {},
  examples: [],
  async run(_, io) {
    io.onInterrupt(() => io.stdout("cleaned up\n"));
    io.onInterrupt(() => io.flush());
    io.stderr("ready\n");
    await new Promise((resolve) => setTimeout(resolve, 30_000));
    return 0;
  },
});

const status = await main(
  terminal.args,
  terminal,
  Object.entries({ facts, flood, wait }).map(([name, command]) => ({
    name,
    summary: name,
    load: () => Promise.resolve({ command }),
  })),
);
terminal.exit(status);
