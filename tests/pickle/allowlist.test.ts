import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allowedNames, isAllowed, whyAllowed } from "../../src/pickle/allowlist.ts";
import { judge } from "../../src/pickle/judge.ts";
import type { GlobalTag } from "../../src/pickle/judge.ts";
import { toPython3 } from "../../src/pickle/python2_names.ts";
import { corpusDir, inRepo, manifest, withoutCorpus } from "../support/corpus.ts";

/** What PyTorch 2.13, CPython 3.11 and scikit-learn 1.9 say, written by make_fixtures.py. */
const facts = JSON.parse(
  readFileSync(inRepo("fixtures", "pickle", "names.json"), "utf8"),
) as { weights_only: string[]; stdlib: string[]; exceptions: string[]; estimators: string[] };

function split(full: string): [module: string, name: string] {
  const dot = full.lastIndexOf(".");
  return [full.slice(0, dot), full.slice(dot + 1)];
}

function tag(full: string, called?: boolean): GlobalTag {
  return judge(...split(full), called).tag;
}

test("isAllowed() takes every name that torch's weights_only takes", () => {
  assert.equal(facts.weights_only.length, 144);
  assert.deepEqual(facts.weights_only.filter((name) => !isAllowed(...split(name))), []);
});

test("isAllowed() takes every exception of Python, under both its modules", () => {
  assert.equal(facts.exceptions.length, 69);
  assert.deepEqual(facts.exceptions.filter((name) => !isAllowed("builtins", name)), []);
  assert.ok(isAllowed("exceptions", "ValueError"));
});

test("isAllowed() compares both parts exactly", () => {
  assert.ok(isAllowed("collections", "OrderedDict"));
  for (
    const [module, name] of [
      ["collections", "ordereddict"],
      ["Collections", "OrderedDict"],
      ["collections", "OrderedDict "],
      ["collections", "OrderedDict.fromkeys"],
      ["collections.OrderedDict", "fromkeys"],
      ["", "collections.OrderedDict"],
      ["torch", "nn.parameter.Parameter"],
      ["torch", "os.system"],
      ["collections", ""],
      ["collections", "constructor"],
      ["__proto__", "toString"],
      ["builtins", "eval"],
      ["builtins", "getattr"],
      ["torch.storage", "_load_from_bytes"],
    ] as const
  ) assert.equal(isAllowed(module, name), false, `${module} ${name}`);
});

test("whyAllowed() says what a name stands for", () => {
  assert.equal(whyAllowed("torch", "FloatStorage"), "a kind of storage");
  assert.equal(whyAllowed("torch", "nothing"), undefined);
  for (const [module, name] of allowedNames()) assert.ok(whyAllowed(module, name)!.length > 10);
});

test("allowedNames() holds no word of a list by accident", () => {
  for (const [module, name] of allowedNames()) {
    assert.match(module, /^[A-Za-z_][\w.]*$/);
    assert.match(name, /^[A-Za-z_]\w*$/);
  }
});

test("judge() calls every name of the standard library dangerous that isn't allowed", () => {
  assert.equal(facts.stdlib.length, 305);
  for (const module of facts.stdlib) {
    const { tag, why } = judge(module, "anything");
    assert.equal(tag, "dangerous", module);
    assert.ok(why.includes(module), why);
  }
  assert.equal(tag("os.path.join"), "dangerous");
  assert.equal(tag("xml.etree.ElementTree.parse"), "dangerous");
});

test("judge() knows the modules that only Python 2 had, and those that came after 3.11", () => {
  const old = ["commands.getoutput", "popen2.popen2", "__builtin__.eval", "cPickle.loads"];
  const recent = ["_interpreters.run_string", "_pyrepl.console.x", "compression.zstd.open"];
  for (const name of [...old, ...recent]) assert.equal(tag(name), "dangerous", name);
});

test("judge() knows the estimators of scikit-learn", () => {
  const others = facts.estimators.filter((name) => tag(name) !== "known");
  assert.deepEqual(others, []);
});

test("judge() knows classes of torch.nn by their module, and nothing else in it", () => {
  assert.equal(tag("torch.nn.modules.conv.Conv2d"), "known");
  assert.equal(tag("torch.nn.modules.conv.conv2d"), "unknown");
  assert.equal(tag("torch.nn.modules.conv.*"), "unknown");
  assert.equal(judge("torch.nn.modules.conv", "Conv2d.forward").tag, "suspicious");
});

test("judge() goes by what a list says of just this name before its module", () => {
  assert.equal(tag("functools.partial"), "suspicious");
  assert.equal(tag("functools.reduce"), "dangerous");
  assert.equal(tag("torch.serialization._get_layout"), "allowed");
  assert.equal(tag("torch.serialization.load"), "dangerous");
  assert.equal(tag("torch.serialization.anything"), "dangerous");
  assert.equal(tag("torch._dynamo.decorators._DimRange"), "allowed");
  assert.equal(tag("numpy.testing._private.utils.runstring"), "dangerous");
  assert.equal(tag("numpy.load"), "dangerous");
  assert.equal(tag("numpy.testingly.x"), "unknown");
  assert.equal(tag("mymodel.Net"), "unknown");
});

test("judge() tells a class that is named from one that is called", () => {
  assert.equal(tag("numpy.memmap"), "dangerous");
  assert.equal(tag("numpy.memmap", false), "allowed");
  assert.equal(tag("numpy.load", false), "dangerous");
});

test("judge() looks at every part of a dotted name", () => {
  const cases: [module: string, name: string, tag: GlobalTag][] = [
    ["torch", "os.system", "dangerous"],
    ["numpy", "_os.system", "dangerous"],
    ["mymodel", "Net._sys.modules", "dangerous"],
    ["mymodel", "Net.__class__", "dangerous"],
    ["mymodel", "Net.__anything__", "dangerous"],
    ["mymodel", "__globals__", "dangerous"],
    ["torch", "Tensor.apply_", "suspicious"],
    ["numpy", "random.mtrand", "dangerous"],
    ["sklearn.pipeline", "Pipeline.fit", "suspicious"],
    ["mymodel", "Outer.Inner", "unknown"],
    ["mymodel", "Outer.copy", "unknown"],
    ["collections", "OrderedDict.fromkeys", "dangerous"],
  ];
  for (const [module, name, expected] of cases) {
    assert.equal(judge(module, name).tag, expected, `${module} ${name}`);
  }
});

/** Every way to part a written name in two, as Python 3 would take it. */
function readings(written: string): [string, string][] {
  const dots = [...written.matchAll(/\./g)].map((match) => match.index);
  return dots.flatMap((dot): [string, string][] => {
    const pair: [string, string] = [written.slice(0, dot), written.slice(dot + 1)];
    return [pair, [...toPython3(...pair)]];
  });
}

test("judge() finds what the attacks name", { skip: withoutCorpus("hostile") }, () => {
  const missed: string[] = [];
  let judged = 0;
  for (const entry of manifest("hostile", corpusDir("hostile")!)) {
    if (entry.class !== "dangerous-global" || entry.verdict !== "dangerous") continue;
    // Dangerous for what it calls, the result of a call, and not for what it names.
    if (entry.file === "dg-computed-callee.pkl") continue;
    judged++;
    const found = entry.globals.some((name) =>
      readings(name).some((pair) => judge(...pair).tag === "dangerous")
    );
    if (!found) missed.push(`${entry.file}: ${entry.globals}`);
  }
  assert.ok(judged > 80, `only ${judged} files`);
  assert.deepEqual(missed, []);
});

test("judge() raises no alarm for harmless files", { skip: withoutCorpus("hostile") }, () => {
  const alarms: string[] = [];
  for (const entry of manifest("hostile", corpusDir("hostile")!)) {
    // Safe only because the bytes that it has loaded are.
    if (entry.verdict !== "safe" || entry.file === "bn-tensor-plain-pickle.pkl") continue;
    for (const name of entry.globals) {
      const { tag } = judge(...toPython3(...split(name)), false);
      if (tag !== "allowed" && tag !== "known") alarms.push(`${entry.file}: ${name} is ${tag}`);
    }
  }
  assert.deepEqual(alarms, []);
});

test("isAllowed() takes what real files need", { skip: withoutCorpus("torch") }, () => {
  const refused: string[] = [];
  for (const entry of manifest("torch", corpusDir("torch")!)) {
    if (entry.expect !== "ok" || !entry.globals) continue;
    for (const name of entry.globals) {
      if (entry.unsafe_globals?.includes(name)) continue;
      if (!isAllowed(...toPython3(...split(name)))) refused.push(`${entry.file}: ${name}`);
    }
  }
  assert.deepEqual(refused, []);
});

test(
  "isAllowed() takes what arrays and plain values need",
  { skip: withoutCorpus("arrays") },
  () => {
    const refused: string[] = [];
    let loaded = 0;
    for (const entry of manifest("arrays", corpusDir("arrays")!)) {
      if (entry.expect !== "ok" || (entry as { mode?: string }).mode !== "load") continue;
      loaded++;
      for (const name of entry.globals ?? []) {
        if (!isAllowed(...toPython3(...split(name)))) refused.push(`${entry.file}: ${name}`);
      }
    }
    assert.ok(loaded > 100, `only ${loaded} files`);
    assert.deepEqual(refused, []);
  },
);
