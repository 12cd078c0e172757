/**
 * Compares the document of a joblib, pickle, npy, npz or safetensors file with what Python's own
 * libraries say of it.
 *
 * @module
 */

import type { ArraysEntry, ArraysTensor } from "./corpus.ts";
import { compareFacts, type Fact } from "./compare_tensors.ts";
import { compareValues } from "./compare_values.ts";
import { type DocumentTensor, errorDifferences, type InspectDocument } from "./document.ts";
import { sameJson, show } from "./json.ts";

/**
 * What is compared of every array. The manifest's `offset` counts bytes in the decompressed stream,
 * which the document can't call by the same word: its own `offset` counts elements in a storage.
 */
const FACTS: readonly Fact[] = [
  { word: "dtype" },
  { word: "shape" },
  { word: "order" },
  { word: "sha256" },
  { word: "stored_byteorder" },
  { word: "stored_dtype" },
  { word: "stored_subclass" },
  { word: "subclass" },
  { word: "alias_of" },
  { word: "offset", as: "stream_offset", whereGiven: true },
];

/** The differences between a document made with hashes and an entry of the manifest. */
export function compareArraysDocument(entry: ArraysEntry, document: InspectDocument): string[] {
  const accepted = new Set<string>([entry.expect, ...entry.also_accept ?? []]);
  if (document.error) return compareError(entry, document.error, accepted);
  if (entry.expect === "ok") return compareWhole(entry, document);
  if (accepted.has("ok")) return [];
  // Only the bytes of an array can show that their checksum is wrong.
  if (accepted.has("corrupt") && document.tensors?.some((tensor) => tensor.error)) return [];
  if (entry.expect === "refused" && entry.refused) return compareInert(entry, document);
  return [`must be ${entry.expect}, but nothing was said of it`];
}

function compareError(
  entry: ArraysEntry,
  error: NonNullable<InspectDocument["error"]>,
  accepted: ReadonlySet<string>,
): string[] {
  if (accepted.has("corrupt")) return errorDifferences(error);
  if (!accepted.has("refused")) return [`can't be read: ${show(error)}`];
  if (error.code === "refused" || error.code === "limit") return [];
  return [`must be refused as ${entry.expect}, but the error is ${show(error)}`];
}

/**
 * joblib writes a plain pickle where there is no array to be put between the opcodes; nothing in
 * such a file says who wrote it. Its oldest container says so itself.
 */
function isPlainDump({ format, globals, container }: ArraysEntry): boolean {
  return format === "joblib" && container === undefined &&
    !globals.some((name) => /^joblib\..*ArrayWrapper$/.test(name));
}

/** What a strict load must refuse, looked at without running anything: every bad name is shown. */
function compareInert(entry: ArraysEntry, document: InspectDocument): string[] {
  const shown = new Set(document.globals);
  const spelled = (name: string) => entry.globals[entry.globals_py3?.indexOf(name) ?? -1] ?? name;
  return entry.refused!
    .filter((name) => name.includes(".") && !shown.has(spelled(name)))
    .map((name) => `the globals don't show ${name}`);
}

function compareWhole(entry: ArraysEntry, document: InspectDocument): string[] {
  const differences: string[] = [];
  const same = (what: string, wanted: unknown, given: unknown): void => {
    if (!sameJson(wanted, given)) {
      differences.push(`${what}: ${show(given)}, not ${show(wanted)}`);
    }
  };
  const format = isPlainDump(entry) ? "pickle" : entry.format;
  same("format", format, document.format);
  same("size", entry.bytes, document.size);
  same("compression", entry.compression, document.compression);
  same("globals", entry.globals, document.globals);
  differences.push(...compareTensors(entry, document.tensors ?? []));
  differences.push(...compareValues(entry.values, document.values));
  if (entry.kinds_omitted === undefined) differences.push(...compareKinds(entry, document.kinds));
  return differences;
}

function compareTensors(entry: ArraysEntry, listed: readonly DocumentTensor[]): string[] {
  const refused = new Set(entry.refused_members);
  const read = listed.filter((tensor) => !(refused.has(tensor.name) && tensor.error));
  const differences = [...refused]
    .filter((name) => !listed.some((tensor) => tensor.name === name && tensor.error))
    .map((name) => `${name}: is an object array, but nothing was said of it`);
  const wanted = entry.tensors.map((tensor) => tensor.name);
  const given = read.map((tensor) => tensor.name);
  if (!sameJson(wanted, given)) {
    const missing = wanted.filter((name) => !given.includes(name));
    const extra = given.filter((name) => !wanted.includes(name));
    const what = missing.length + extra.length === 0
      ? `order is ${show(given)}, not ${show(wanted)}`
      : `missing ${show(missing)}, unexpected ${show(extra)}`;
    return [...differences, `tensors: ${what}`];
  }
  entry.tensors.forEach((tensor, i) => differences.push(...compareTensor(tensor, read[i]!)));
  return differences;
}

function compareTensor(expected: ArraysTensor, actual: DocumentTensor): string[] {
  const where = expected.name || "the root";
  const differences = compareFacts(FACTS, where, expected, actual);
  if (actual.error) differences.push(`${where}: can't be read: ${show(actual.error)}`);
  return differences;
}

function compareKinds(entry: ArraysEntry, kinds: Record<string, string> | undefined): string[] {
  const wanted = Object.entries(entry.kinds);
  if (!kinds) return wanted.length === 0 ? [] : ["the document has no kinds"];
  const given = new Map(Object.entries(kinds));
  const differences = wanted.filter(([path, kind]) => given.get(path) !== kind)
    .map(([path, kind]) => `kind of ${show(path)} is ${show(given.get(path))}, not ${show(kind)}`);
  const extra = [...given.keys()].filter((path) => !Object.hasOwn(entry.kinds, path));
  return extra.length === 0 ? differences : [...differences, `kinds of ${show(extra)} unexpected`];
}
