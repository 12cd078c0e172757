import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { main } from "../../src/cli/main.ts";
import { RULES } from "../../src/scan/rules.ts";
import { latin1, PLAIN, SYSTEM } from "../scan/made.ts";
import { runCli } from "../support/cli.ts";
import { withScratch } from "../support/scratch.ts";
import { fakeTerminal } from "./fake_terminal.ts";

const UNKNOWN = "\x80\x02cmine\nModel\n)\x81.";

/** What `statedict scan …` prints and ends with. */
async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const terminal = fakeTerminal();
  const code = await main(["scan", ...words], terminal);
  return { code, out: terminal.out, err: terminal.err };
}

/** Runs `use` in a folder with files of these contents. */
function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  return withScratch((folder) => {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), latin1(text));
    }
    return use(folder);
  });
}

test("scan ends with 0 only if every file is safe", async () => {
  const files = {
    "good.pkl": PLAIN,
    "new.pkl": UNKNOWN,
    "bad.pkl": SYSTEM,
    "cut.pkl": "\x80\x02(",
  };
  await withFiles(files, async (folder) => {
    const status = async (...words: string[]) =>
      (await run(...words.map((word) => word.endsWith(".pkl") ? join(folder, word) : word))).code;
    assert.equal(await status("good.pkl"), 0);
    assert.equal(await status("good.pkl", "new.pkl"), 1);
    assert.equal(await status("cut.pkl"), 1);
    assert.equal(await status("new.pkl", "--fail-on", "corrupt"), 0);
    assert.equal(await status("cut.pkl", "--fail-on", "suspicious"), 0);
    assert.equal(await status("bad.pkl", "--fail-on", "dangerous"), 1);
    assert.equal(await status("new.pkl", "--allow", "mine.Model"), 0);
    assert.equal(await status("good.pkl", "missing.pkl"), 3);
    assert.equal(await status("bad.pkl", "missing.pkl"), 3);
    assert.equal(await status("good.pkl", "--fail-on", "safe"), 2);
    assert.equal(await status("good.pkl", "--json", "--sarif"), 2);
  });
});

test("scan of a folder without a model ends with 3", async () => {
  await withFiles({ "README.md": "words\n" }, async (folder) => {
    const { code, out } = await run(folder);
    assert.equal(code, 3);
    assert.match(out, /^skipped +.*README\.md: This is text$/m);
  });
});

test("scan shows the worst file first, and what the words mean", async () => {
  await withFiles({ "a.pkl": PLAIN, "b.pkl": UNKNOWN, "c.pkl": SYSTEM }, async (folder) => {
    const { out, err } = await run(folder);
    assert.equal(err, "");
    const verdicts = [...out.matchAll(/^(\w+) +\/.*([abc])\.pkl/gm)].map((match) => match.slice(1));
    assert.deepEqual(verdicts, [["dangerous", "c"], ["unknown", "b"], ["safe", "a"]]);
    assert.match(out, /^ {2}os\.system {2}\(byte 2\)\n {6}not among the harmless names/m);
    assert.match(out, /^3 files scanned: 1 dangerous, 1 unknown, 1 safe$/m);
    assert.match(out, /^safe: such a file names nothing outside the allowlist/m);
    assert.doesNotMatch(out, /clean|no threats/i);
  });
});

test("scan --json prints one document a file", async () => {
  await withFiles({ "a.pkl": PLAIN, "c.pkl": SYSTEM, "x.md": "words" }, async (folder) => {
    const { code, out } = await run("--json", folder, join(folder, "missing"));
    assert.equal(code, 3);
    const [a, c, x, missing, ...more] = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(more, []);
    assert.equal(a.verdict, "safe");
    assert.deepEqual(a.findings, []);
    assert.equal(c.file, join(folder, "c.pkl"));
    assert.equal(c.verdict, "dangerous");
    assert.deepEqual(c.globals, ["os.system"]);
    const { global, verdict, where, offset, why } = c.findings[0];
    assert.deepEqual([global, verdict, where, offset], ["os.system", "dangerous", "", 2]);
    assert.ok(why.length > 10);
    assert.equal(c.imports[0].opcode, "GLOBAL");
    assert.deepEqual(Object.keys(x), ["file", "skipped"]);
    assert.equal(missing.error.code, "not-found");
  });
});

/** The names that SARIF 2.1.0 requires of these objects (its JSON schema). */
const SARIF_REQUIRED = {
  log: ["version", "runs"],
  run: ["tool"],
  driver: ["name"],
  rule: ["id"],
  result: ["message"],
  invocation: ["executionSuccessful"],
};

function requires(kind: keyof typeof SARIF_REQUIRED, object: object): void {
  for (const name of SARIF_REQUIRED[kind]) assert.ok(name in object, `${kind} lacks ${name}`);
}

test("scan --sarif has what SARIF 2.1.0 requires, and the place of each finding", async () => {
  await withFiles({ "a b%.pkl": SYSTEM, "x.md": "words" }, async (folder) => {
    const { code, out } = await run("--sarif", folder, join(folder, "missing"));
    assert.equal(code, 3);
    const log = JSON.parse(out);
    requires("log", log);
    assert.equal(log.version, "2.1.0");
    const [one, ...more] = log.runs;
    assert.deepEqual(more, []);
    requires("run", one);
    requires("driver", one.tool.driver);
    one.tool.driver.rules.forEach((rule: object) => requires("rule", rule));
    const ids = one.tool.driver.rules.map(({ id }: { id: string }) => id);
    assert.deepEqual(ids, RULES.map(({ id }) => id));
    requires("invocation", one.invocations[0]);
    assert.equal(one.invocations[0].executionSuccessful, false);
    const notes = one.invocations[0].toolExecutionNotifications;
    assert.deepEqual(notes.map(({ level }: { level: string }) => level), ["note", "error"]);
    const [result] = one.results;
    requires("result", result);
    assert.equal(ids[result.ruleIndex], result.ruleId);
    assert.equal(result.level, "error");
    assert.match(result.message.text, /^os\.system: not among .*\(byte 2\)$/);
    const { artifactLocation } = result.locations[0].physicalLocation;
    assert.equal(artifactLocation.uri, `file://${folder}/a%20b%25.pkl`);
  });
});

test("scan shows names of a file, and never sends them", async () => {
  const stream = "\x80\x02c\x1b[2Jmine\n[x](http://e)\u0007\n.";
  await withFiles({ "a.pkl": stream }, async (folder) => {
    for (const words of [[folder], [folder, "--json"], [folder, "--sarif"]]) {
      const { out } = await run(...words);
      // deno-lint-ignore no-control-regex -- these are what must not come
      assert.doesNotMatch(out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
    const { out } = await run(folder, "--sarif");
    const { text } = JSON.parse(out).runs[0].results[0].message;
    assert.match(text, /^\\\\u\{1b\}\\\[2Jmine\.\\\[x\\\]\(http/);
  });
});

test("scan works as a program", { timeout: 60_000 }, async () => {
  await withFiles({ "a.pkl": SYSTEM }, async (folder) => {
    mkdirSync(join(folder, "below"));
    const { code, stdout, stderr } = await runCli(["scan", folder], {
      permissions: ["-R", "--no-prompt"],
    });
    assert.equal(stderr, "");
    assert.equal(code, 1);
    assert.match(stdout, /^dangerous .*a\.pkl$/m);
  });
});
