import assert from "node:assert/strict";
import { test } from "node:test";
import { ScanLog } from "../../src/scan/log.ts";
import { ruleOf, RULES } from "../../src/scan/rules.ts";
import type { RuleId } from "../../src/scan/rules.ts";
import { severity, VERDICTS, worse } from "../../src/scan/verdict.ts";

test("worse() goes from safe to dangerous", () => {
  assert.deepEqual(VERDICTS, ["safe", "unknown", "corrupt", "suspicious", "dangerous"]);
  assert.equal(severity("safe"), 0);
  assert.equal(worse("corrupt", "unknown"), "corrupt");
  assert.equal(worse("corrupt", "suspicious"), "suspicious");
});

test("RULES have ids of their own, and a reason each", () => {
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length);
  for (const { id, title, why } of RULES) {
    assert.match(id, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(title.length > 5 && why.length > 20 && why.endsWith("."), id);
    assert.equal(ruleOf(id as RuleId).id, id);
  }
});

test("ScanLog keeps the worst verdict, and each finding once", () => {
  const log = new ScanLog();
  assert.equal(log.verdict, "safe");
  log.add({ rule: "broken-pickle", where: "", why: "it ends" });
  log.add({ rule: "dangerous-name", where: "a", why: "it runs", global: "os.system", offset: 3 });
  log.add({ rule: "dangerous-name", where: "a", why: "it runs", global: "os.system", offset: 9 });
  log.add({ rule: "unknown-name", where: "a", why: "nothing is known", global: "b.c" });
  assert.equal(log.verdict, "dangerous");
  assert.deepEqual(log.findings().map(({ verdict, offset }) => [verdict, offset]), [
    ["dangerous", 3],
    ["corrupt", null],
    ["unknown", null],
  ]);
});

test("ScanLog counts what is too much, and never loses what is worse", () => {
  const log = new ScanLog();
  for (let i = 0; i < 2000; i++) {
    log.add({ rule: "unknown-name", where: "", why: "nothing is known", global: `a.b${i}` });
  }
  log.add({ rule: "dangerous-name", where: "", why: "x".repeat(5000), global: "os.system" });
  const findings = log.findings();
  assert.equal(findings.length, 502);
  assert.equal(findings[0]!.global, "os.system");
  assert.equal(findings[0]!.why.length, 501);
  assert.match(findings.at(-1)!.why, /^1500 more/);
});
