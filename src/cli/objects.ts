/**
 * Objects of known classes in a few words. A new kind of class is a line in the table.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { OutlineEntry } from "../checkpoint/outline.ts";
import type { PyDict } from "../pickle/dict.ts";
import { attributeDicts } from "../pickle/state.ts";
import { PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { Tensor } from "../tensor/tensor.ts";
import { showText } from "../text/escape.ts";
import { formatCount } from "./units.ts";

type Describe = (attributes: PyDict, checkpoint: Checkpoint) => string | undefined;

/** By the module of the class. */
const KINDS: readonly (readonly [RegExp, Describe])[] = [
  [/^scipy\.sparse\./, sparseMatrix],
];

/** Lines of objects that a listing shows before it counts the rest. */
const MAX_OBJECTS = 20;

/** One line for each object of which something is known. */
export function* objectLines(
  entries: readonly OutlineEntry[],
  checkpoint: Checkpoint,
): Generator<string> {
  let lines = 0;
  for (const entry of entries) {
    if (entry.kind !== "open" || !(entry.value instanceof PyObject)) continue;
    const words = describeObject(entry.label, entry.value, checkpoint);
    if (words === undefined || ++lines > MAX_OBJECTS) continue;
    yield `${showText(entry.path || "(root)")}: ${showText(words)}`;
  }
  if (lines > MAX_OBJECTS) yield `… and ${formatCount(lines - MAX_OBJECTS)} more objects`;
}

/** The class and a few words on the object, or undefined if nothing short can be said. */
function describeObject(
  label: string,
  object: PyObject,
  checkpoint: Checkpoint,
): string | undefined {
  const { state } = object;
  if (state === undefined) return enumMember(label, object);
  const describe = KINDS.find(([module]) => module.test(label))?.[1];
  const [attributes] = describe ? attributeDicts(state, checkpoint.reduce) ?? [] : [];
  const words = attributes && describe!(attributes, checkpoint);
  return words === undefined ? undefined : `${label}, ${words}`;
}

/** A member of an Enum is pickled as a call of its class with one plain value. */
function enumMember(label: string, { form, args, items, entries }: PyObject): string | undefined {
  const [value] = args.items;
  const isPlain = typeof value === "string" || typeof value === "number";
  if (form !== "reduce" || args.items.length !== 1 || !isPlain || items || entries) {
    return undefined;
  }
  return `${label}(${JSON.stringify(value)})`;
}

/** scipy's own word: `6 × 7 with 13 stored elements`. */
function sparseMatrix(attributes: PyDict, { reduce }: Checkpoint): string | undefined {
  const shape = attributes.get("_shape") ?? attributes.get("shape");
  const data = attributes.get("data");
  const stored = data === undefined ? undefined : reduce(data);
  if (!(shape instanceof PyTuple) || !(stored instanceof Tensor)) return undefined;
  const sizes = shape.items.map((size) => reduce(size));
  return sizes.every(isInt)
    ? `${sizes.join(" × ")} with ${stored.numel} stored elements`
    : undefined;
}

function isInt(value: PyValue): boolean {
  return typeof value === "number" || typeof value === "bigint";
}
