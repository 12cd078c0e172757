import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";
import { test } from "node:test";
import { inRepo } from "./support/corpus.ts";

/**
 * The rooms, highest first: a file imports from its own line or from one below.
 * Two rooms in a line are neighbours that may use each other.
 */
const ROOMS: readonly (readonly string[])[] = [
  ["cli.ts", "mod.ts"],
  ["src/cli"],
  ["src/scan"],
  ["src/edit"],
  ["src/checkpoint"],
  ["src/formats"],
  ["src/tensor"],
  ["src/pickle"],
  ["src/zip", "src/tar", "src/compression"],
  ["src/io"],
  ["src/text"],
  ["src/errors.ts"],
];

/** What the library may need at run time; each new name here is a decision, not a convenience. */
const RUNTIME_DEPENDENCIES = ["fflate"];

/** No file is so long that a reader loses the thread. */
const LONGEST_FILE = 300;

/** The machine's loop is one function with a case for each of 68 opcodes. */
const MAY_BE_LONGER: ReadonlySet<string> = new Set(["src/pickle/machine.ts"]);

interface Import {
  readonly specifier: string;
  /** Whether it is loaded with the module that names it, not when somebody asks. */
  readonly atStart: boolean;
}

/** Every file of the library and the command, as paths of the repository. */
function sources(folder = "src"): string[] {
  return readdirSync(inRepo(folder)).flatMap((name) => {
    const path = posix.join(folder, name);
    if (statSync(inRepo(path)).isDirectory()) return sources(path);
    return path.endsWith(".ts") ? [path] : [];
  }).concat(folder === "src" ? ["cli.ts", "mod.ts"] : []);
}

function text(path: string): string {
  return readFileSync(inRepo(path), "utf8");
}

/** What a module imports; comments, whose examples import too, are left out line by line. */
function importsOf(code: string): Import[] {
  const lines = code.split("\n").filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line)).join("\n");
  const found: Import[] = [];
  for (const [, specifier] of lines.matchAll(/^(?:import|export|\})[^"';]*?from\s+"([^"]+)"/gm)) {
    found.push({ specifier: specifier!, atStart: true });
  }
  for (const [, specifier] of lines.matchAll(/^import\s+"([^"]+)"/gm)) {
    found.push({ specifier: specifier!, atStart: true });
  }
  for (const [, specifier] of lines.matchAll(/\bimport\(\s*"([^"]+)"/g)) {
    found.push({ specifier: specifier!, atStart: false });
  }
  return found;
}

function rankOf(path: string): number {
  return ROOMS.findIndex((rooms) =>
    rooms.some((room) => path === room || path === `${room}.ts` || path.startsWith(`${room}/`))
  );
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

/** What is wrong with the imports of one file. */
function wrongImports(path: string, code: string): string[] {
  const wrong: string[] = [];
  for (const { specifier, atStart } of importsOf(code)) {
    if (!isRelative(specifier)) {
      const isBuiltin = specifier.startsWith("node:") && !atStart;
      if (!isBuiltin && !RUNTIME_DEPENDENCIES.includes(specifier)) {
        wrong.push(`${path} imports ${specifier}${atStart ? " at its start" : ""}`);
      }
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (rankOf(target) < 0) wrong.push(`${path} imports ${target}, which is in no room`);
    else if (rankOf(target) < rankOf(path)) wrong.push(`${path} imports upwards: ${target}`);
  }
  return wrong;
}

test("wrongImports() sees what it is there for", () => {
  const from = (path: string, ...lines: string[]) => wrongImports(path, lines.join("\n")).length;
  assert.equal(from("src/zip/a.ts", `import { x } from "../io/source.ts";`), 0);
  assert.equal(from("src/zip/a.ts", `import type { x } from "../pickle/values.ts";`), 1);
  assert.equal(from("src/zip/a.ts", `import {`, `  x,`, `} from "../pickle/values.ts";`), 1);
  assert.equal(from("src/zip/a.ts", `export * from "../cli/main.ts";`), 1);
  assert.equal(from("src/zip/a.ts", `const x = await import("../cli/main.ts");`), 1);
  assert.equal(from("src/zip/a.ts", `import { x } from "../compression/inflate.ts";`), 0);
  assert.equal(from("src/io/a.ts", `import fs from "node:fs";`), 1);
  assert.equal(from("src/io/a.ts", `const fs = await import("node:fs");`), 0);
  assert.equal(from("src/io/a.ts", `import { x } from "npm:fflate";`), 1);
  assert.equal(from("src/io/a.ts", `import { x } from "jsr:@std/io";`), 1);
  assert.equal(from("src/io/a.ts", `import { inflate } from "fflate";`), 0);
  assert.equal(from("src/io/a.ts", ` * import fs from "node:fs";`), 0);
  assert.equal(from("src/io/a.ts", `import "./side_effect.ts";`, `import "node:fs";`), 1);
  assert.equal(from("src/errors.ts", `import "./nowhere/a.ts";`), 1);
});

test("every source file lives in a room", () => {
  assert.deepEqual(sources().filter((path) => rankOf(path) < 0), []);
  assert.ok(sources().includes("src/errors.ts"));
});

test("imports point down, and nothing of a runtime is loaded at the start", () => {
  assert.deepEqual(sources().flatMap((path) => wrongImports(path, text(path))), []);
});

test("no source file is longer than 300 lines", () => {
  const long = sources().map((path) => ({ path, lines: text(path).split("\n").length - 1 }))
    .filter(({ path, lines }) => lines > LONGEST_FILE && !MAY_BE_LONGER.has(path));
  assert.deepEqual(long, []);
});

test("package.json and deno.json agree, and need nothing else at run time", () => {
  const npm = JSON.parse(text("package.json"));
  const deno = JSON.parse(text("deno.json"));
  assert.deepEqual(Object.keys(npm.dependencies), RUNTIME_DEPENDENCIES);
  assert.equal(npm.peerDependencies, undefined);
  assert.equal(npm.optionalDependencies, undefined);
  assert.equal(deno.imports, undefined);
  assert.equal(deno.version, npm.version);
  assert.equal(deno.license, npm.license);
});

test("the command starts with a line that Node's installers need", () => {
  assert.ok(text("cli.ts").startsWith("#!/usr/bin/env node\n"));
});

test("the locks name no server", () => {
  for (const lock of ["package-lock.json", "deno.lock"]) {
    assert.doesNotMatch(text(lock), /"resolved": "|https?:\/\/[^"]*\.tgz|localhost|127\.0\.0\.1/);
  }
});
