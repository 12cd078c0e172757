import assert from "node:assert/strict";
import { test } from "node:test";
import { makeIo } from "../../src/cli/io.ts";
import { OutputClosed } from "../../src/cli/term.ts";
import { fakeTerminal } from "./fake_terminal.ts";
import type { Pretence } from "./fake_terminal.ts";

function make(pretence: Pretence = {}) {
  const terminal = fakeTerminal(pretence);
  const settings = { quiet: false, debug: false, color: undefined as boolean | undefined };
  return { terminal, settings, io: makeIo(terminal, settings) };
}

test("makeIo() holds text back until it is flushed", () => {
  const { io, terminal } = make();
  io.stdout("a");
  io.stdout("é");
  assert.equal(terminal.out, "");
  io.flush();
  io.flush();
  assert.equal(terminal.out, "aé");
  assert.deepEqual(terminal.writes, ["stdout"]);
});

test("makeIo() writes long output in parts and bytes as they come", () => {
  const { io, terminal } = make();
  for (let i = 0; i < 40; i++) io.stdout("x".repeat(1 << 16));
  assert.equal(terminal.writes.length, 2);
  io.stdout(new Uint8Array([121]));
  assert.equal(terminal.out, "x".repeat(40 << 16) + "y");
});

test("makeIo() keeps the order of both streams", () => {
  const { io, terminal } = make();
  io.stdout("data");
  io.stderr("error");
  assert.deepEqual(terminal.writes, ["stdout", "stderr"]);
});

test("makeIo() drops notes when quiet, but not errors", () => {
  const { io, settings, terminal } = make();
  settings.quiet = true;
  io.note("note");
  io.stderr("error");
  assert.equal(terminal.err, "error");
});

test("makeIo() throws OutputClosed once, so that the error line can follow", () => {
  const { io, terminal } = make({ closed: ["stdout"] });
  io.stdout("data");
  assert.throws(() => io.flush(), OutputClosed);
  io.stderr("error");
  assert.equal(terminal.err, "error");
});

test("makeIo() asks the user, NO_COLOR, FORCE_COLOR and the terminal, in this order", () => {
  const cases: [Pretence, boolean | undefined, boolean][] = [
    [{}, undefined, false],
    [{ terminals: ["stdout"] }, undefined, true],
    [{ terminals: ["stderr"] }, undefined, false],
    [{ terminals: ["stdout"], env: { NO_COLOR: "1" } }, undefined, false],
    [{ terminals: ["stdout"], env: { NO_COLOR: "" } }, undefined, true],
    [{ env: { FORCE_COLOR: "1" } }, undefined, true],
    [{ env: { FORCE_COLOR: "1", NO_COLOR: "1" } }, undefined, false],
    [{ terminals: ["stdout"], env: { FORCE_COLOR: "0" } }, undefined, false],
    [{ env: { NO_COLOR: "1" } }, true, true],
    [{ terminals: ["stdout"], env: { FORCE_COLOR: "1" } }, false, false],
  ];
  for (const [pretence, said, color] of cases) {
    const { io, settings } = make(pretence);
    settings.color = said;
    assert.equal(io.color("stdout"), color, JSON.stringify([pretence, said]));
  }
});

test("makeIo() has 100 columns where there is no terminal", () => {
  assert.equal(make().io.columns, 100);
  assert.equal(make({ columns: 63 }).io.columns, 63);
});

test("onInterrupt() cleans up, then ends with the signal's status", async () => {
  const { io, terminal } = make();
  const steps: string[] = [];
  io.onInterrupt(async () => {
    await Promise.resolve();
    steps.push("cleaned");
  });
  terminal.signal(130);
  assert.deepEqual(terminal.exits, []);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual([steps, terminal.exits], [["cleaned"], [130]]);
});

test("onInterrupt() ends though the cleanup fails, and at once on a second signal", async () => {
  const failing = make();
  failing.io.onInterrupt(() => Promise.reject(new Error("no")));
  failing.terminal.signal(143);
  // The words for errors are loaded first.
  for (let tries = 0; tries < 1000 && failing.terminal.exits.length === 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.deepEqual(failing.terminal.exits, [143]);
  assert.match(failing.terminal.err, /^statedict: Internal error: Error: no /);

  const slow = make();
  slow.io.onInterrupt(() => new Promise(() => {}));
  slow.terminal.signal(130);
  slow.terminal.signal(130);
  assert.deepEqual(slow.terminal.exits, [130]);
});

test("onInterrupt() can be taken back", () => {
  const { io, terminal } = make();
  const stop = io.onInterrupt(() => {});
  assert.equal(terminal.handlers, 1);
  stop();
  assert.equal(terminal.handlers, 0);
});
