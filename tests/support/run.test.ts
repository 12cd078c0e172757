import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage, withoutBrowser } from "./browser.ts";
import { runProgram } from "./cli.ts";
import { findPython, withoutPython } from "./python.ts";

const HAS_NODE_ARGUMENTS = "Deno" in globalThis ? ["eval"] : ["-e"];

test("runProgram() gives the status, both outputs and feeds the input", {
  timeout: 60_000,
}, async () => {
  const script = `import process from "node:process";
    let text = "";
    for await (const chunk of process.stdin) text += chunk;
    process.stdout.write(text.toUpperCase());
    process.stderr.write(String(process.env.STATEDICT_TEST));
    process.exitCode = 3;`;
  const args = [...HAS_NODE_ARGUMENTS, script];
  const run = await runProgram(process.execPath, args, {
    stdin: "in",
    env: { STATEDICT_TEST: "set" },
  });
  assert.deepEqual(run, {
    code: 3,
    stdout: "IN",
    stderr: "set",
    bytes: new TextEncoder().encode("IN"),
  });
});

test("runProgram() gives up on a program that doesn't end", { timeout: 60_000 }, async () => {
  const args = [...HAS_NODE_ARGUMENTS, "setInterval(() => {}, 1000)"];
  await assert.rejects(
    runProgram(process.execPath, args, { timeout: 300 }),
    /didn't end in 300 ms/,
  );
});

test("findPython() wants every module", { skip: withoutPython([]), timeout: 60_000 }, () => {
  assert.ok(findPython(["json", "zipfile"]));
  assert.equal(findPython(["json", "no_such_module_at_all"]), undefined);
});

test("openPage() runs a page and hears its errors", {
  skip: withoutBrowser(),
  timeout: 60_000,
}, async () => {
  const page = await openPage("data:text/html,<title>Hello</title><script>oops()</script>");
  try {
    assert.equal(await page.evaluate("document.title"), "Hello");
    assert.equal(await page.evaluate("Promise.resolve(6 * 7)"), 42);
    assert.equal(page.errors.length, 1);
    assert.match(page.errors[0]!, /oops is not defined/);
    await assert.rejects(page.evaluate("nothing.at.all"), /nothing is not defined/);
  } finally {
    await page.close();
  }
});
