/**
 * The containers of Python's `collections`.
 *
 * @module
 */

import { PyDict } from "../dict.ts";
import { PyTuple } from "../values.ts";
import type { PyObject, PyValue } from "../values.ts";
import { PyView } from "../view.ts";
import type { Reducer } from "../view.ts";

function itemsOf(value: PyValue | undefined): readonly PyValue[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : value instanceof PyTuple ? value.items : undefined;
}

/** Python 2 and some old writers give the items as an argument: `OrderedDict([[k, v], …])`. */
function orderedDict(object: PyObject): PyView | undefined {
  const given = itemsOf(object.args.items[0]);
  if (!given || object.args.items.length > 1) return undefined;
  const dict = given.length === 0 && object.entries ? object.entries : new PyDict();
  for (const pair of given) {
    const parts = itemsOf(pair);
    if (parts?.length !== 2) return undefined;
    dict.set(parts[0]!, parts[1]!);
  }
  if (object.entries && dict !== object.entries) dict.append([...object.entries.pairs()]);
  return new PyView(object.calleeName, { dict, attributes: object.state ?? null });
}

function defaultdict(object: PyObject): PyView | undefined {
  const [factory = null] = object.args.items;
  if (object.args.items.length > 1) return undefined;
  return new PyView(object.calleeName, {
    dict: object.entries ?? new PyDict(),
    extra: factory === null ? [] : [["__default_factory__", factory]],
    attributes: object.state ?? null,
  });
}

function counter(object: PyObject): PyView | undefined {
  const [counts] = object.args.items;
  if (object.args.items.length > 1 || (counts !== undefined && !(counts instanceof PyDict))) {
    return undefined;
  }
  if (counts === undefined || object.entries === null) {
    return new PyView(object.calleeName, { dict: counts ?? object.entries ?? new PyDict() });
  }
  const dict = new PyDict([...counts.pairs()]);
  dict.append([...object.entries.pairs()]);
  return new PyView(object.calleeName, { dict });
}

function deque(object: PyObject): PyView | undefined {
  const [first, maxlen = null] = object.args.items;
  const given = itemsOf(first);
  if (!given || object.args.items.length > 2) return undefined;
  const list = given.length === 0 ? object.items ?? [] : [...given, ...object.items ?? []];
  return new PyView(object.calleeName, {
    list,
    extra: maxlen === null ? [] : [["__maxlen__", maxlen]],
  });
}

/** By the callee's Python 3 name. */
export const CONTAINER_REDUCERS: readonly (readonly [string, Reducer<PyObject>])[] = [
  ["collections.OrderedDict", orderedDict],
  ["collections.defaultdict", defaultdict],
  ["collections.Counter", counter],
  ["collections.deque", deque],
];
