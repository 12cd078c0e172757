/**
 * Compares the leaves that a document lists with those that a manifest lists.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isBelow, loosePath, referenceOf, spellings } from "./document.ts";
import { sameJson, show } from "./json.ts";

/** How the values of a document may differ from the manifest's. */
export interface ValueRules {
  /**
   * The PyTorch manifest's freedoms: a container reached twice may be a `$ref`, `$opaque` stands for
   * any description, and paths are spelled a little differently.
   */
  readonly loose?: boolean;
  /** Whether the document may list more than the manifest. */
  readonly more?: boolean;
  /** Paths known by other means, such as tensors; a reference above one of them is in order. */
  readonly elsewhere?: readonly string[];
}

/** Parts of a path that only one of the two manuals lists. */
const ONLY_IN_DOCUMENTS = /(^|\.)__(default_factory|maxlen)__$/;

/** The differences between the values of a manifest and of a document; none if they agree. */
export function compareValues(
  expected: Record<string, unknown>,
  actual: Record<string, unknown> | undefined,
  rules: ValueRules = {},
): string[] {
  if (actual === undefined) return ["the document has no values"];
  const given = new Map(Object.entries(actual));
  const wanted = Object.entries(expected).map(([path, value]) =>
    [path, rules.loose ? abridged(value) : value] as const
  );
  const differences: string[] = [];
  const met = new Set<string>();
  const byLoosePath = rules.loose ? indexLoosely(given) : new Map<string, string>();
  for (const [path, value] of wanted) {
    if (rules.loose && isOpaque(value)) {
      const below = [...given.keys()].filter((other) => isBelow(other, path));
      if (below.length === 0) differences.push(`value ${show(path)} is missing`);
      for (const other of below) met.add(other);
      continue;
    }
    const options = rules.loose ? spellings(path, given) : [path];
    const found = options.find((option) => matches(value, given, option)) ??
      options.find((option) => given.has(option)) ??
      byLoosePath.get(loosePath(path));
    if (found === undefined) differences.push(`value ${show(path)} is missing`);
    else if (!sameJson(value, given.get(found))) {
      differences.push(`value ${show(path)} is ${show(given.get(found))}, not ${show(value)}`);
    }
    if (found !== undefined) met.add(found);
  }
  if (rules.more) return differences;
  const paths = wanted.map(([path]) => path).concat(rules.elsewhere ?? []);
  for (const [path, value] of given) {
    if (met.has(path) || (rules.loose && isTolerated(path, value, paths))) continue;
    differences.push(`value ${show(path)} is unexpected: ${show(value)}`);
  }
  return differences;
}

/** Text longer than this is told by its size and hash; only the PyTorch manifest spells it out. */
const LONGEST_TEXT = 1500;

function abridged(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= LONGEST_TEXT) return value;
  const utf8 = new TextEncoder().encode(value);
  const sha256 = createHash("sha256").update(utf8).digest("hex");
  return { $str: { utf8_bytes: utf8.length, sha256 } };
}

function matches(value: unknown, given: Map<string, unknown>, path: string): boolean {
  return given.has(path) && sameJson(value, given.get(path));
}

function isOpaque(value: unknown): boolean {
  return typeof value === "object" && value !== null && "$opaque" in value;
}

function indexLoosely(given: Map<string, unknown>): Map<string, string> {
  const index = new Map<string, string>();
  for (const path of given.keys()) {
    const loose = loosePath(path);
    if (!index.has(loose)) index.set(loose, path);
  }
  return index;
}

/** Whether an extra value of a document is another right way to say what the manifest says. */
function isTolerated(path: string, value: unknown, paths: readonly string[]): boolean {
  if (ONLY_IN_DOCUMENTS.test(path)) return true;
  return referenceOf(value) !== undefined && paths.some((other) => isBelow(other, path));
}
