import assert from "node:assert/strict";
import { test } from "node:test";
import { argUsage, defineCommand, flagOf } from "../../src/cli/command.ts";

/** Fails to compile unless both types are the same. */
function sameType<A, B>(_same: [A, B] extends [B, A] ? true : never): void {}

test("defineCommand() types arguments and options from their tables", () => {
  const command = defineCommand({
    args: {
      ins: { value: "IN", many: true, help: "" },
      out: { value: "OUT", help: "" },
      shell: { value: "SHELL", optional: true, choices: ["bash", "zsh"], help: "" },
    },
    options: {
      filter: { type: "string", multiple: true, help: "" },
      format: { type: "string", choices: ["json", "npy"], help: "" },
      level: { type: "integer", default: 3, help: "" },
      size: { type: "size", help: "" },
      json: { type: "boolean", help: "" },
      strict: { type: "boolean", negatable: true, help: "" },
    },
    examples: [],
    run({ args, options }) {
      sameType<typeof args.ins, string[]>(true);
      sameType<typeof args.out, string>(true);
      sameType<typeof args.shell, "bash" | "zsh" | undefined>(true);
      sameType<typeof options.filter, string[]>(true);
      sameType<typeof options.format, "json" | "npy" | undefined>(true);
      sameType<typeof options.level, number>(true);
      sameType<typeof options.size, number | undefined>(true);
      sameType<typeof options.json, boolean>(true);
      sameType<typeof options.strict, boolean | undefined>(true);
      return options.level;
    },
  });
  assert.deepEqual(Object.keys(command.options).length, 6);
});

test("flagOf() spells a key as a flag", () => {
  assert.equal(flagOf("maxShardSize"), "--max-shard-size");
  assert.equal(flagOf("sha256"), "--sha256");
});

test("argUsage() marks what may be left out or repeated", () => {
  const usages = [{}, { many: true }, { optional: true }, { many: true, optional: true }]
    .map((spec) => argUsage({ value: "FILE", help: "", ...spec }));
  assert.deepEqual(usages, ["FILE", "FILE…", "[FILE]", "[FILE…]"]);
});
