/**
 * Plain JavaScript as a value graph: the reverse of `to_js.ts`.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { arrayCall } from "../formats/numpy/array_call.ts";
import { isHashable, PyDict, PySet } from "../pickle/dict.ts";
import {
  PyBytes,
  PyExtension,
  PyFloat,
  pyFloat,
  PyGlobal,
  pyInt,
  PyObject,
  PyPersistent,
  PyTuple,
} from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Classes whose values stand for themselves. */
const PYTHON = [
  PyBytes,
  PyDict,
  PyExtension,
  PyFloat,
  PyGlobal,
  PyObject,
  PyPersistent,
  PySet,
];

/**
 * Numbers without a fraction are ints up to 2^53 and floats beyond, others floats; bigints ints;
 * arrays lists; plain objects and `Map`s dicts; `Set`s sets; `Uint8Array`s bytes; loaded tensors
 * numpy arrays; `undefined` is None. A `PyTuple` may hold any of these; values of Python's other
 * classes stay what they are. Shared references and cycles stay too.
 *
 * @throws `usage` for anything else.
 */
export function fromJS(root: unknown): PyValue {
  const made = new Map<object, PyValue>();
  const work: (() => void)[] = [];

  const convert = (value: unknown): PyValue => {
    const scalar = scalarValue(value);
    if (scalar !== undefined) return scalar;
    const object = value as object;
    const known = made.get(object);
    if (known !== undefined) return known;
    const [result, fill] = containerValue(object, convert);
    made.set(object, result);
    work.push(fill);
    return result;
  };
  const result = convert(root);
  // Containers are filled here and not in `convert`, so that depth costs no stack.
  for (let fill = work.pop(); fill; fill = work.pop()) fill();
  return result;
}

/** A value without parts; undefined for one that has some. */
function scalarValue(value: unknown): PyValue | undefined {
  switch (typeof value) {
    case "undefined":
      return null;
    case "boolean":
    case "string":
      return value;
    case "bigint":
      return pyInt(value);
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : pyFloat(value);
    case "object":
      break;
    default:
      throw unknownValue(typeof value);
  }
  if (value === null) return null;
  return PYTHON.some((cls) => value instanceof cls) ? value as PyValue : undefined;
}

const NOTHING = () => {};

function containerValue(
  value: object,
  convert: (value: unknown) => PyValue,
): readonly [result: PyValue, fill: () => void] {
  if (Array.isArray(value)) {
    const list: PyValue[] = [];
    return [list, () => {
      for (const item of value) list.push(convert(item));
    }];
  }
  if (value instanceof PyTuple) {
    const items: PyValue[] = [];
    return [new PyTuple(items), () => {
      for (const item of value.items) items.push(convert(item));
    }];
  }
  if (value instanceof Uint8Array) return [new PyBytes("bytes", ownBytes(value)), NOTHING];
  if (value instanceof Tensor) return [tensorValue(value), NOTHING];
  if (value instanceof Map) return dictValue(value, convert);
  if (value instanceof Set) {
    const members: PyValue[] = [];
    for (const item of value) members.push(hashable(convertKey(item, convert), "member of a set"));
    return [new PySet(members), NOTHING];
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return dictValue(Object.entries(value), convert);
  }
  throw unknownValue(prototype.constructor?.name ?? "object");
}

function dictValue(
  entries: Iterable<readonly [unknown, unknown]>,
  convert: (value: unknown) => PyValue,
): readonly [PyDict, () => void] {
  const dict = new PyDict();
  return [dict, () => {
    for (const [key, item] of entries) {
      dict.set(hashable(convertKey(key, convert), "key"), convert(item));
    }
  }];
}

/** A key must be whole when it is looked at: a tuple's items are converted at once. */
function convertKey(key: unknown, convert: (value: unknown) => PyValue): PyValue {
  if (!(key instanceof PyTuple)) return convert(key);
  return new PyTuple(key.items.map((item) => convertKey(item, convert)));
}

function hashable(value: PyValue, what: string): PyValue {
  if (isHashable(value)) return value;
  throw new StateDictError("usage", `A list, dict or set can't be a ${what} in Python`, {
    hint: "use a PyTuple or a frozen PySet",
  });
}

function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? bytes as Uint8Array<ArrayBuffer>
    : new Uint8Array(bytes);
}

function tensorValue(tensor: Tensor): PyValue {
  const { dtype, shape } = tensor;
  if (tensor.isComposite || tensor.elements || !tensor.storage) {
    throw new StateDictError(
      "unsupported",
      `A tensor of layout ${tensor.layout} is no numpy array`,
    );
  }
  const className = tensor.details?.has("subclass") ? tensor.className : null;
  return arrayCall(dtype, shape, new PyBytes("bytes", tensor.bytes()), { className });
}

function unknownValue(what: string): StateDictError {
  return new StateDictError("usage", `A ${what} has no counterpart in Python`, {
    hint:
      "turn it into plain values first; numbers in a typed array become a tensor with tensorFrom",
  });
}
