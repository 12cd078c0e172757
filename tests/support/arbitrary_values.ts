/**
 * Values as `dumps` takes them, for property tests, and ways to compare what became of them.
 *
 * @module
 */

import fc from "fast-check";
import { PyFloat, PyTuple } from "../../src/pickle/values.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** Arrays of every kind that numpy has too, in one or two dimensions. */
const tensors: fc.Arbitrary<Tensor> = fc.tuple(
  fc.oneof(
    fc.float32Array({ maxLength: 12 }),
    fc.float64Array({ maxLength: 12 }),
    fc.int8Array({ maxLength: 12 }),
    fc.uint8Array({ maxLength: 12 }),
    fc.int16Array({ maxLength: 12 }),
    fc.uint16Array({ maxLength: 12 }),
    fc.int32Array({ maxLength: 12 }),
    fc.uint32Array({ maxLength: 12 }),
    fc.bigInt64Array({ maxLength: 12 }),
    fc.bigUint64Array({ maxLength: 12 }),
  ),
  fc.constantFrom(1, 2, 3),
).map(([data, rows]) => {
  const whole = data.slice(0, data.length - data.length % rows);
  return tensorFrom(whole, rows === 1 ? [whole.length] : [rows, whole.length / rows]);
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "then",
    "toString",
    "\0",
    "'\"\\\n",
    "\u2028",
    "\ud83d\ude00",
  ),
);

const wholes = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.constantFrom(
    0,
    255,
    256,
    65535,
    65536,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -129,
    -128,
    127,
    128,
  ),
);

/** What may be a key or in a set. Bools and floats are left out: Python takes 1, True and 1.0 for one. */
const keys: fc.Arbitrary<unknown> = fc.oneof(text, wholes.map((whole) => plainInt(whole)));

/** One int has one spelling, so that no two keys are the same to Python. */
function plainInt(whole: number | bigint): number | bigint {
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : BigInt(whole);
}

/** Any value that `dumps` takes and Python has. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false),
    wholes,
    fc.double(),
    fc.double().map((number) => new PyFloat(number)),
    text,
    fc.uint8Array({ maxLength: 300 }),
    tensors,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(tie("value"), { maxLength: 5 }).map((items) => new PyTuple(items as never[])),
    fc.uniqueArray(keys, { maxLength: 5, selector: (key) => `${typeof key} ${key}` })
      .map((items) => new Set(items)),
    fc.uniqueArray(fc.tuple(keys, tie("value")), {
      maxLength: 6,
      selector: ([key]) => `${typeof key} ${key}`,
    }).map((entries) => new Map(entries)),
  ),
})).value;

/** The value as `read_and_write_back.py` spells it: as Python should see it. */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatText(value);
  }
  if (value instanceof PyFloat) return floatText(value.value);
  if (typeof value === "string") return asciiJson(value);
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `[${value.map(pythonText).join(", ")}]`;
  if (value instanceof PyTuple) return `(${value.items.map(pythonText).join(", ")})`;
  if (value instanceof Set) return `{${[...value].map(pythonText).sort(byUnits).join(", ")}}`;
  if (value instanceof Tensor) {
    const bytes = Buffer.from(value.bytes()).toString("hex");
    return `${value.dtype.numpy} [${value.shape.join(", ")}] ${bytes}`;
  }
  const entries = [...(value as Map<unknown, unknown>)];
  return `{${entries.map(([key, item]) => `${pythonText(key)}: ${pythonText(item)}`).join(", ")}}`;
}

/** ASCII in the order of its characters, as Python sorts. */
function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As `json.dumps` spells it. */
function asciiJson(string: string): string {
  return JSON.stringify(string).replace(
    /[\x7f-\uffff]/g,
    (unit) => unit === "\x7f" ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** As Python's `float.hex` spells it. */
function floatText(number: number): string {
  if (Number.isNaN(number)) return "float nan";
  if (!Number.isFinite(number)) return number > 0 ? "float inf" : "float -inf";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  const sign = view.getUint8(0) & 0x80 ? "-" : "";
  const raised = (view.getUint16(0) >> 4) & 0x7ff;
  const fraction = (view.getBigUint64(0) & 0xfffffffffffffn).toString(16).padStart(13, "0");
  if (raised === 0 && number === 0) return `float ${sign}0x0.0p+0`;
  const power = (raised || 1) - 1023;
  return `float ${sign}0x${raised === 0 ? 0 : 1}.${fraction}p${power < 0 ? "" : "+"}${power}`;
}

/**
 * What `loads` should give for it, or gave, as text: tuples are arrays then, whole floats are
 * numbers like ints, and objects have lost the order of keys that look like numbers.
 */
export function loadedText(value: unknown): string {
  if (value instanceof PyTuple) return loadedText(value.items);
  if (value instanceof PyFloat) return loadedText(value.value);
  if (Array.isArray(value)) return `[${value.map(loadedText).join(", ")}]`;
  if (value instanceof Set) return `{${[...value].map(loadedText).sort(byUnits).join(", ")}}`;
  const isRecord = typeof value === "object" && value !== null &&
    !(value instanceof Tensor) && !(value instanceof Uint8Array);
  if (!isRecord) return pythonText(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const lines = entries.map(([key, item]) => `${loadedText(key)}: ${loadedText(item)}`);
  return `{${lines.sort(byUnits).join(", ")}}`;
}
