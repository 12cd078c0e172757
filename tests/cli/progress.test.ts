import assert from "node:assert/strict";
import { test } from "node:test";
import { makeIo } from "../../src/cli/io.ts";
import { startProgress } from "../../src/cli/progress.ts";
import { fakeTerminal } from "./fake_terminal.ts";
import type { Pretence } from "./fake_terminal.ts";

function make(pretence: Pretence, quiet = false) {
  const terminal = fakeTerminal(pretence);
  return { terminal, io: makeIo(terminal, { quiet, debug: false, color: undefined }) };
}

const onTerminal: Pretence = { terminals: ["stderr"], columns: 100 };
const GiB = 2 ** 30;

test("startProgress() shows share, bytes, rate and time left, and wipes the line", () => {
  const { terminal, io } = make(onTerminal);
  let now = 1000;
  const progress = startProgress(io, { label: "Writing b.pt", total: 4 * GiB, clock: () => now });
  now = 3000;
  progress.update(GiB);
  assert.equal(
    terminal.err,
    "\rWriting b.pt  25 %  1.0 GiB of 4.0 GiB  512.0 MiB/s  6.0 s left\x1b[K",
  );
  progress.end();
  progress.end();
  assert.ok(terminal.err.endsWith("left\x1b[K\r\x1b[K"));
});

test("startProgress() works without a total", () => {
  const { terminal, io } = make(onTerminal);
  let now = 0;
  const progress = startProgress(io, { label: "Reading", clock: () => now });
  now = 2000;
  progress.update(GiB);
  assert.equal(terminal.err, "\rReading  1.0 GiB  512.0 MiB/s\x1b[K");
});

test("startProgress() waits before the first line and between lines", () => {
  const { terminal, io } = make(onTerminal);
  let now = 0;
  const progress = startProgress(io, { label: "x", total: 100, clock: () => now });
  for (now = 0; now < 1000; now++) progress.update(now / 10);
  // At 300 ms, then every 100.
  assert.equal(terminal.writes.length, 7);
  const short = make(onTerminal);
  const flash = startProgress(short.io, { label: "x", total: 100, clock: () => 0 });
  flash.update(50);
  flash.end();
  assert.equal(short.terminal.err, "");
});

test("startProgress() is silent when quiet or when no person sees it", () => {
  for (const { terminal, io } of [make(onTerminal, true), make({ terminals: ["stdout"] })]) {
    let now = 0;
    const progress = startProgress(io, { label: "x", total: 100, clock: () => now });
    now = 5000;
    progress.update(50);
    progress.end();
    assert.equal(terminal.err, "");
  }
});

test("startProgress() fits the terminal and escapes the label", () => {
  const { terminal, io } = make({ terminals: ["stderr"], columns: 20 });
  let now = 0;
  const progress = startProgress(io, { label: "Writing \x1b[2J", total: 100, clock: () => now });
  now = 1000;
  progress.update(50);
  assert.equal(terminal.err, "\rWriting \\u{1b}[2J …\x1b[K");
});
