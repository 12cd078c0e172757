import assert from "node:assert/strict";
import { test } from "node:test";
import { flagOf, GLOBAL_OPTIONS } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";

test("COMMANDS names every command once, in words fit for a list", () => {
  const names = COMMANDS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { name, summary } of COMMANDS) {
    assert.match(name, /^[a-z]+$/);
    assert.match(summary, /^[a-z].{5,70}[^.]$/, name);
  }
});

test("COMMANDS load, and their tables can be told apart and shown", async () => {
  for (const { name, load } of COMMANDS) {
    const { args, options, examples } = (await load()).command;
    assert.ok(Object.values(args).filter(({ many }) => many).length <= 1, name);
    const flags = new Set<string>();
    for (const [key, spec] of Object.entries({ ...options, ...GLOBAL_OPTIONS })) {
      const short = "short" in spec ? [`-${spec.short}`] : [];
      for (const flag of [flagOf(key), ...short]) {
        assert.ok(!flags.has(flag), `${name} has two ${flag}`);
        flags.add(flag);
      }
      assert.match(spec.help, /^\S.*\S$/, `${name} ${key}`);
    }
    assert.ok(Object.keys(options).every((key) => !(key in GLOBAL_OPTIONS)), name);
    for (const [line] of examples) assert.ok(line.includes(`statedict ${name}`), line);
  }
});
