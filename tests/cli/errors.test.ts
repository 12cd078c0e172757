import assert from "node:assert/strict";
import { test } from "node:test";
import { errorLine, errorRecord, exitStatus, reportError } from "../../src/cli/errors.ts";
import { isHidden } from "../../src/text/escape.ts";
import { makeIo } from "../../src/cli/io.ts";
import { OutputClosed } from "../../src/cli/term.ts";
import { StateDictError } from "../../src/errors.ts";
import { fakeTerminal } from "./fake_terminal.ts";

/** What Deno 2.9 throws where a permission is missing. */
function notCapable(message: string): Error {
  return Object.assign(new Error(message), { name: "NotCapable" });
}

/** What Node and Bun throw when the system refuses. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: no such file or directory, open 'x'`), { code });
}

test("errorLine() says file, what, where and what to do", () => {
  const error = new StateDictError("truncated", "The directory ends early", {
    path: "model.pt",
    member: "archive/data.pkl",
    offset: 123,
    hint: "download it again",
  });
  assert.equal(
    errorLine(error),
    "statedict: model.pt: The directory ends early (archive/data.pkl, byte 123) — download it again",
  );
  assert.equal(
    errorLine(new StateDictError("corrupt", "It is damaged")),
    "statedict: It is damaged",
  );
  const member = new StateDictError("corrupt", "Damaged", { member: "a", path: "b.pt" });
  assert.equal(errorLine(member), "statedict: b.pt: Damaged (a)");
});

test("errorLine() is one line of bounded width, whatever the file says", () => {
  const evil = "\x1b[31m\n\u202e" + "y".repeat(10_000);
  const error = new StateDictError("corrupt", evil, { path: evil, member: evil, hint: evil });
  const line = errorLine(error);
  assert.ok(line.length < 1700);
  for (const shown of [line, errorLine(new TypeError(evil))]) {
    assert.ok([...shown].every((character) => !isHidden(character)), shown);
  }
});

test("errorLine() names the flag that Deno wants", () => {
  const flags: [message: string, flag: string][] = [
    [
      'Requires read access to "/tmp/x y.pt", run again with the --allow-read flag',
      "--allow-read='/tmp/x y.pt'",
    ],
    [
      'Requires net access to "example.com:443", run again with the --allow-net flag',
      "--allow-net=example.com:443",
    ],
    ["Requires run access, run again with the --allow-run flag", "--allow-run"],
  ];
  for (const [message, flag] of flags) {
    const line = errorLine(notCapable(message));
    assert.equal(line, `statedict: Deno was not allowed to do that — add ${flag} after "deno run"`);
    const wrapped = new StateDictError("io", "It can't be opened", {
      path: "m.pt",
      cause: notCapable(message),
    });
    assert.equal(
      errorLine(wrapped),
      `statedict: m.pt: It can't be opened — add ${flag} after "deno run"`,
    );
  }
});

test("errorLine() puts the system's refusals in words", () => {
  assert.equal(errorLine(systemError("ENOENT")), "statedict: There is no such file");
  assert.equal(errorLine(systemError("ENOSPC")), "statedict: The disk is full");
  assert.equal(errorRecord(systemError("ENOENT")).code, "not-found");
  const memory = new RangeError("Array buffer allocation failed");
  assert.equal(errorRecord(memory).code, "limit");
});

test("exitStatus() tells wrong usage from unreadable input", () => {
  const statuses =
    (["usage", "exists", "conflict", "no-tensor", "corrupt", "refused", "io"] as const)
      .map((code) => exitStatus(new StateDictError(code, "x")));
  assert.deepEqual(statuses, [2, 2, 2, 2, 3, 3, 3]);
  assert.equal(exitStatus(systemError("ENOENT")), 3);
  assert.equal(exitStatus(new TypeError("x")), 3);
  assert.equal(exitStatus("thrown text"), 3);
  assert.equal(exitStatus(new DOMException("stop", "AbortError")), 130);
});

test("errorRecord() has the four fields of the JSON contract", () => {
  const details = { path: "a.pt", member: "m", offset: 0, hint: "h" };
  assert.deepEqual(errorRecord(new StateDictError("corrupt", "Bad", details)), {
    code: "corrupt",
    message: "Bad",
    offset: 0,
    member: "m",
  });
  const plain = errorRecord(new StateDictError("io", "Bad"));
  assert.deepEqual(Object.keys(plain), ["code", "message"]);
  assert.deepEqual(errorRecord(new TypeError("x")), { code: "internal", message: "TypeError: x" });
});

test("reportError() gives the status, stays silent for a closed output, follows causes", () => {
  const terminal = fakeTerminal();
  const io = makeIo(terminal, { quiet: true, debug: false, color: undefined });
  assert.equal(reportError(new OutputClosed("stdout"), io), 0);
  assert.equal(terminal.err, "");
  assert.equal(reportError(new StateDictError("usage", "Wrong"), io), 2);
  assert.equal(terminal.err, "statedict: Wrong\n");

  const loud = fakeTerminal();
  const cause = new Error("underneath\x1b");
  cause.cause = cause;
  const error = new StateDictError("io", "On top", { cause });
  reportError(error, makeIo(loud, { quiet: false, debug: true, color: undefined }));
  assert.match(loud.err, /On top[^]*caused by: Error: underneath\\u\{1b\}/);
});
