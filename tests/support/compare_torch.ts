/**
 * Compares the document of a PyTorch file with what PyTorch itself says of it.
 *
 * @module
 */

import type { TorchEntry, TorchTensor } from "./corpus.ts";
import { Aliases, compareFacts, type Fact } from "./compare_tensors.ts";
import { compareTorchTensors } from "./compare_torch_tensors.ts";
import { compareValues } from "./compare_values.ts";
import { type DocumentTensor, errorDifferences, type InspectDocument } from "./document.ts";
import { sameJson, show } from "./json.ts";

const STORAGE_FACTS: readonly Fact[] = [
  { word: "kind" },
  { word: "dtype" },
  { word: "nbytes" },
  { word: "sha256" },
];

/**
 * The differences between a document made with hashes and an entry of the manifest; none if the
 * document is right. A file that must be refused by a strict load is still listed by `inspect`.
 */
export function compareTorchDocument(entry: TorchEntry, document: InspectDocument): string[] {
  if (entry.expect === "corrupt") return compareCorrupt(entry, document);
  if (document.error) return [`can't be read: ${show(document.error)}`];
  return compareWhole(entry, document, new Set());
}

/** What is wrong with the error of a strict load of a file that must be refused. */
export function compareRefusal(
  entry: TorchEntry,
  error: { readonly code?: string; readonly globals?: readonly { readonly name: string }[] },
): string[] {
  if (error.code !== "refused") return [`the error is ${error.code}, not refused`];
  const named = new Set(error.globals?.map((reference) => reference.name));
  return (entry.unsafe_globals ?? []).filter((name) => !named.has(name))
    .map((name) => `the refusal doesn't name ${name}`);
}

/** A broken file: an error for all of it, or for the tensors whose bytes show it. */
function compareCorrupt(entry: TorchEntry, document: InspectDocument): string[] {
  if (document.error) return errorDifferences(document.error);
  const listed = document.tensors ?? [];
  const bad = new Set(entry.bad_tensors);
  if (bad.size > 0) return compareWhole(entry, document, bad);
  if (entry.fails_at === "read" && listed.some((tensor) => tensor.error)) return [];
  return entry.lenient ? [] : ["is corrupt, but nothing was said of it"];
}

/** Everything of a document that could be made; the bytes of the `bad` tensors can't be right. */
function compareWhole(
  entry: TorchEntry,
  document: InspectDocument,
  bad: ReadonlySet<string>,
): string[] {
  const aliases = new Aliases();
  const partial = entry.check === false;
  const differences = compareHead(entry, document);
  differences.push(...compareTorchTensors(entry, document, bad, aliases));
  for (const inner of entry.inner_tensors ?? []) {
    if (!everyTensor(document.tensors ?? []).some((tensor) => isInner(inner, tensor))) {
      differences.push(`no tensor of the document is the inner tensor ${show(inner.name)}`);
    }
  }
  differences.push(...compareConstants(entry, document));
  differences.push(...compareStorages(entry, document, aliases), ...aliases.differences);
  differences.push(...compareValues(expectedValues(entry), document.values, {
    loose: true,
    more: partial,
    elsewhere: [...entry.tensors ?? [], ...entry.arrays ?? []].map((tensor) => tensor.name),
  }));
  if (!sameJson(entry.attributes ?? {}, document.attributes ?? {})) {
    differences.push(
      `attributes are ${show(document.attributes)}, not ${show(entry.attributes ?? {})}`,
    );
  }
  return differences;
}

function compareHead(entry: TorchEntry, document: InspectDocument): string[] {
  const differences: string[] = [];
  const same = (what: string, wanted: unknown, given: unknown): void => {
    if (!sameJson(wanted, given)) {
      differences.push(`${what}: ${show(given)}, not ${show(wanted)}`);
    }
  };
  same("format", entry.format, document.format);
  // A folder has no size of its own.
  if (entry.bytes !== undefined) same("size", entry.bytes, document.size);
  same("globals", entry.globals, document.globals);
  if (entry.location && !document.tensors?.some((tensor) => tensor.device === entry.location)) {
    differences.push(`no tensor says that it was saved from ${entry.location}`);
  }
  return differences;
}

/** The tensors of a program's own, whose storages are counted apart. */
function compareConstants(entry: TorchEntry, document: InspectDocument): string[] {
  const expected = { ...entry, tensors: entry.constants ?? [], arrays: [] };
  const { constants: tensors = [], values = {} } = document;
  const aliases = new Aliases();
  const differences = compareTorchTensors(expected, { tensors, values }, new Set(), aliases);
  return [...differences, ...aliases.differences].map((difference) => `constants: ${difference}`);
}

function compareStorages(
  entry: TorchEntry,
  document: InspectDocument,
  aliases: Aliases,
): string[] {
  const given = new Map(document.storages?.map((storage) => [storage.name, storage]));
  const differences: string[] = [];
  for (const expected of entry.storages ?? []) {
    const actual = given.get(expected.name);
    given.delete(expected.name);
    if (!actual) differences.push(`the storage ${show(expected.name)} is missing`);
    else {
      differences.push(...compareFacts(STORAGE_FACTS, expected.name, { ...expected }, actual));
      aliases.pair(expected.name, expected.storage, actual.storage);
    }
  }
  for (const name of given.keys()) differences.push(`the storage ${show(name)} is unexpected`);
  return differences;
}

/** The manifest's values and the elements of its object arrays, which a document lists among them. */
function expectedValues(entry: TorchEntry): Record<string, unknown> {
  const values = { ...entry.values };
  for (const array of entry.arrays ?? []) {
    array.objects?.forEach((item, i) => values[`${array.name}.${i}`] = item);
  }
  return values;
}

function everyTensor(tensors: readonly DocumentTensor[]): DocumentTensor[] {
  return tensors.flatMap((tensor) => [tensor, ...everyTensor(tensor.state?.tensors ?? [])]);
}

function isInner(expected: TorchTensor, actual: DocumentTensor): boolean {
  return (["dtype", "shape", "sha256"] as const).every((word) =>
    sameJson(expected[word], actual[word])
  );
}
