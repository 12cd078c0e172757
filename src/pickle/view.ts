/**
 * What a call node stands for, once somebody who knows the class has looked at it.
 *
 * A reducer turns a {@linkcode PyObject} into one of these, or into any other value. The node itself
 * stays as it was: a writer writes the node, a listing shows the view.
 *
 * @module
 */

import type { JsonValue } from "../text/json.ts";
import type { PyDict } from "./dict.ts";
import { PyForeign } from "./values.ts";
import type { PyValue } from "./values.ts";

/** A value without parts, such as a date: its tagged JSON form and its JavaScript form. */
export class PyLeaf extends PyForeign {
  /** The `$`-tag, such as `$datetime`. */
  readonly tag: string;
  /** What stands under the tag. */
  readonly json: JsonValue;
  /** Further members of the tagged object, such as `fold`. */
  readonly more: ReadonlyMap<string, JsonValue> | null;
  /** What `toJS` gives for it. */
  readonly js: unknown;
  /** The plain value that Python's `item()` gives for a number or a text of numpy. */
  item: PyValue | undefined = undefined;
  /** Makes a leaf; `toJS` gives `js`, by default what stands under the tag. */
  constructor(
    tag: string,
    json: JsonValue,
    js: unknown = json,
    more: ReadonlyMap<string, JsonValue> | null = null,
  ) {
    super();
    this.tag = tag;
    this.json = json;
    this.js = js;
    this.more = more;
  }
}

/** A container by another name: an `OrderedDict`, a `deque`, an object with attributes. */
export class PyView extends PyForeign {
  /** `module.Class`. */
  readonly kind: string;
  /** Which JavaScript shape it has: a dict's, a list's, or attributes. */
  readonly shape: "dict" | "list" | "object";
  /** The items of a dict or the attributes of an object. */
  readonly dict: PyDict | null;
  /** The items of a list. */
  readonly list: readonly PyValue[] | null;
  /** Parts that are neither, by their path component: `__maxlen__`, `__default_factory__`. */
  readonly extra: readonly (readonly [string, PyValue])[];
  /** What BUILD set on a dict: attributes, not items. PyTorch keeps `_metadata` there. */
  readonly attributes: PyValue | null;

  /** Makes a view of its parts. */
  constructor(
    kind: string,
    parts: {
      dict?: PyDict | null;
      list?: readonly PyValue[];
      object?: boolean;
      extra?: readonly (readonly [string, PyValue])[];
      attributes?: PyValue | null;
    },
  ) {
    super();
    this.kind = kind;
    this.shape = parts.object ? "object" : parts.list ? "list" : "dict";
    this.dict = parts.dict ?? null;
    this.list = parts.list ?? null;
    this.extra = parts.extra ?? [];
    this.attributes = parts.attributes ?? null;
  }
}

/** Turns what a stream names into a value; undefined leaves it as it is. */
export type Reducer<T extends PyValue = PyValue> = (
  node: T,
  context: ReduceContext,
) => PyValue | undefined;

/** What a reducer may ask for. */
export interface ReduceContext {
  /** The value that a nested node stands for. */
  reduce(value: PyValue): PyValue;
}
