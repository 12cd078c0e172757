/**
 * Compares the tensors of a PyTorch file's document with PyTorch's own description of them.
 *
 * @module
 */

import type { TorchArray, TorchEntry, TorchTensor } from "./corpus.ts";
import {
  type Aliases,
  compareFacts,
  contiguousBytes,
  type Fact,
  numberOf,
  orderOf,
} from "./compare_tensors.ts";
import { compareValues } from "./compare_values.ts";
import {
  type DocumentTensor,
  type InspectDocument,
  loosePath,
  numberRepeats,
  spellings,
} from "./document.ts";
import { show } from "./json.ts";
import { dtypeOfCode, isBigEndian } from "./numpy_dtype.ts";

/** What is compared of every tensor. The words after `layout` are in a document only where they apply. */
const FACTS: readonly Fact[] = [
  { word: "dtype" },
  { word: "shape", nullSaysNothing: true },
  { word: "stride", nullSaysNothing: true },
  { word: "offset", nullSaysNothing: true },
  { word: "parameter" },
  { word: "requires_grad", as: "requiresGrad" },
  { word: "layout" },
  { word: "sha256" },
  { word: "class" },
  { word: "module_name" },
  { word: "placements" },
  { word: "packed", else: false },
  { word: "conj", else: false },
  { word: "neg", else: false },
  { word: "raw_sha256" },
  { word: "dense_sha256" },
  { word: "sparse" },
  { word: "quantized" },
  { word: "nested" },
  { word: "components" },
  { word: "record", nullSaysNothing: true, whereGiven: true },
];

/** What is compared of a wrapper's inner tensor beside its storage. */
const LOCAL: Fact = { word: "local", nullSaysNothing: true };

const ARRAY_FACTS: readonly Fact[] = [
  { word: "dtype" },
  { word: "shape" },
  { word: "order" },
  { word: "sha256" },
  { word: "stored_byteorder" },
];

/** Tensors and arrays: which there are, in which order, and each one's facts. */
export function compareTorchTensors(
  entry: TorchEntry,
  document: InspectDocument,
  bad: ReadonlySet<string>,
  aliases: Aliases,
): string[] {
  const differences: string[] = [];
  const listed = document.tensors ?? [];
  const places = new Map(listed.map((tensor, place) => [tensor.name, place]));
  if (places.size < listed.length) differences.push("two tensors bear the same name");
  const loosePlaces = new Map(listed.map((tensor, place) => [loosePath(tensor.name), place]));
  const values = new Map(Object.entries(document.values ?? {}));
  const met = new Set<number>();
  const find = (name: string): DocumentTensor | undefined => {
    for (const spelling of spellings(name, values)) {
      const place = places.get(spelling);
      if (place !== undefined) return listed[place];
    }
    const place = loosePlaces.get(loosePath(name));
    return place === undefined ? undefined : listed[place];
  };
  /** Looks up one list of the manifest; its members stand in the document in the same order. */
  const each = <T extends { name: string }>(
    list: readonly T[],
    compare: (item: T, tensor: DocumentTensor) => string[],
  ): void => {
    let last = -1;
    numberRepeats(list.map((item) => item.name)).forEach((name, i) => {
      const tensor = find(name);
      if (!tensor) {
        differences.push(`${name}: is missing`);
        return;
      }
      const place = places.get(tensor.name)!;
      const again = met.has(place);
      if (!again && place < last) differences.push(`${name}: stands too early`);
      if (!again) last = place;
      met.add(place);
      differences.push(...compare(list[i]!, tensor));
    });
  };
  each(entry.tensors ?? [], (item, tensor) => compareTensor(entry, item, tensor, bad, aliases));
  each(entry.arrays ?? [], compareArray);
  if (entry.check === false) return differences;
  listed.forEach((tensor, place) => {
    if (!met.has(place)) differences.push(`${tensor.name}: is unexpected`);
  });
  return differences;
}

function compareTensor(
  entry: TorchEntry,
  expected: TorchTensor,
  actual: DocumentTensor,
  bad: ReadonlySet<string>,
  aliases: Aliases,
): string[] {
  const where = expected.name || "the root";
  const ignored = new Set(entry.check_ignore);
  const broken = bad.has(expected.name);
  const differences = compareFacts(
    FACTS.filter((fact) => !ignored.has(fact.word) && !(broken && fact.word === "sha256")),
    where,
    expected,
    actual,
  );
  if (broken && (!actual.error || actual.sha256)) {
    if (!entry.lenient) differences.push(`${where}: its bytes are bad, but nothing was said of it`);
  } else if (!broken && expected.sha256 !== null && actual.error) {
    differences.push(`${where}: can't be read: ${show(actual.error)}`);
  }
  differences.push(...compareSizes(where, expected, actual, entry.location));
  if (!ignored.has("storage")) aliases.pair(where, expected.storage, actual.storage);
  if (expected.local) {
    const { storage, ...rest } = expected.local;
    differences.push(...compareFacts([LOCAL], where, { local: rest }, actual));
    aliases.pair(`${where}.local`, storage, actual.local?.storage);
  }
  return differences.concat(compareState(entry, expected, actual, aliases));
}

/** What follows from a tensor's dtype, shape and storage, and the device it was on. */
function compareSizes(
  where: string,
  expected: TorchTensor,
  actual: DocumentTensor,
  location: string | undefined,
): string[] {
  const differences: string[] = [];
  const { dtype, shape, stride } = expected;
  if (shape && stride) {
    const nbytes = contiguousBytes(dtype, shape);
    if (numberOf(actual.nbytes) !== nbytes) {
      differences.push(`${where}: nbytes is ${show(actual.nbytes)}, not ${nbytes}`);
    }
    const order = orderOf(shape, stride);
    if (order && actual.order !== order) {
      differences.push(`${where}: order is ${show(actual.order)}, not ${order}`);
    }
  }
  if (expected.storage_nbytes !== undefined) {
    const given = actual.storage_nbytes ?? actual.nbytes;
    if (numberOf(given) !== expected.storage_nbytes) {
      differences.push(`${where}: its storage has ${show(given)}, not ${expected.storage_nbytes}`);
    }
  }
  const device = actual.device ?? "cpu";
  const wanted = expected.device ?? (device === location ? device : "cpu");
  if (device !== wanted) {
    differences.push(`${where}: device is ${show(device)}, not ${show(wanted)}`);
  }
  return differences;
}

/** The Python attributes of a tensor: tensors and values of their own. */
function compareState(
  entry: TorchEntry,
  expected: TorchTensor,
  actual: DocumentTensor,
  aliases: Aliases,
): string[] {
  if (!expected.state) return actual.state ? [`${expected.name}: has a state, but shouldn't`] : [];
  if (!actual.state) return [`${expected.name}: its state is missing`];
  const inner = { ...entry, tensors: expected.state.tensors, arrays: [], location: undefined };
  const differences = compareTorchTensors(inner, actual.state, new Set(), aliases);
  differences.push(...compareValues(expected.state.values, actual.state.values ?? {}, {
    loose: true,
    elsewhere: expected.state.tensors.map((tensor) => tensor.name),
  }));
  return differences.map((difference) => `${expected.name}: in its state: ${difference}`);
}

function compareArray(expected: TorchArray, actual: DocumentTensor): string[] {
  const { dtype, fields } = expected;
  const big = isBigEndian(dtype) || undefined;
  return compareFacts(ARRAY_FACTS, expected.name, {
    ...expected,
    dtype: fields ?? dtypeOfCode(dtype),
    stored_byteorder: big && "big",
  }, actual);
}
