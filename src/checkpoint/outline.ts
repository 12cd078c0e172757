/**
 * Walks a value graph once, depth first, and names everything in it.
 *
 * An object that is reached again is a reference to the path where it was seen first, so shared
 * structure does not unfold and cycles end. Nothing recurses: a graph may be as deep as its limit.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { DEFAULT_PICKLE_LIMITS, limitError } from "../pickle/limits.ts";
import { PySet } from "../pickle/dict.ts";
import { attributeDicts } from "../pickle/state.ts";
import { PyBytes, PyGlobal, PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyLeaf } from "../pickle/view.ts";
import { Tensor } from "../tensor/tensor.ts";
import { partsOf } from "./parts.ts";
import type { Parts } from "./parts.ts";
import { distinguish, joinPath } from "./paths.ts";

/** One thing that a walk meets. */
export type OutlineEntry =
  & {
    /** Where it is; of a container that isn't empty it is spelled when it is asked for. */
    readonly path: string;
    /** The last part of the path. */
    readonly name: string;
    /** Containers around it. */
    readonly depth: number;
  }
  & (
    | {
      readonly kind: "tensor";
      readonly tensor: Tensor;
      /** Where this very tensor was met first. */
      readonly aliasOf?: string;
      /** The name that `state_dict()` would give it, inside an `nn.Module`. */
      readonly moduleName?: string;
    }
    /** A value without parts. */
    | { readonly kind: "leaf"; readonly value: PyValue }
    /** A container with nothing in it. */
    | { readonly kind: "empty"; readonly value: PyValue; readonly label: string }
    /** A container; its parts follow. */
    | {
      readonly kind: "open";
      readonly value: PyValue;
      readonly label: string;
      readonly size: number;
    }
    | { readonly kind: "ref"; readonly target: string }
  );

/**
 * Characters that the paths of one walk may have: a chain of 40,000 containers, each with a value in
 * it, would spell billions. 100,000 tensors with long names have ten million.
 */
const MAX_PATH_TEXT = 2 ** 26;

/** A place in the tree; its path is spelled when somebody asks, for a chain may be very deep. */
interface Place {
  readonly parent: Place | null;
  readonly name: string;
  readonly depth: number;
  path: string | undefined;
}

/** The place's path. Those above it are spelled on the way, so that each is joined once. */
function pathOf(place: Place): string {
  const unspelled: Place[] = [];
  let above = place;
  for (; above.path === undefined; above = above.parent!) unspelled.push(above);
  let { path } = above;
  for (let i = unspelled.length - 1; i >= 0; i--) {
    path = unspelled[i]!.path = joinPath(path, unspelled[i]!.name);
  }
  return path;
}

/**
 * Walks the graph below `root`; `reduce` tells what a node stands for.
 *
 * @param nesting Containers that may be in one another.
 * @throws `limit` if there are more, or the paths of what is in it have more than 2^26 characters.
 */
export function* outline(
  root: PyValue,
  reduce: (value: PyValue) => PyValue,
  nesting: number = DEFAULT_PICKLE_LIMITS.nesting,
): Generator<OutlineEntry> {
  const seen = new Map<PyValue, Place>();
  const open: {
    place: Place;
    inModule: boolean;
    children: Iterator<readonly [string, PyValue]>;
  }[] = [];
  let place: Place = { parent: null, name: "", depth: 0, path: "" };
  let spelled = 0;
  let inModule = false;
  let value = root;
  const spell = () => {
    const { name, depth } = place;
    const path = pathOf(place);
    spelled += path.length;
    if (spelled > MAX_PATH_TEXT) {
      throw new StateDictError(
        "limit",
        `The paths of the values have more than ${MAX_PATH_TEXT} characters`,
        { hint: "such a file is made to use up memory" },
      );
    }
    return { path, name, depth };
  };
  for (;;) {
    const reduced = reduce(value);
    const first = isShared(reduced) ? seen.get(value) : undefined;
    if (reduced instanceof Tensor) {
      const where = spell();
      yield {
        kind: "tensor",
        ...where,
        tensor: reduced,
        ...(first === undefined ? {} : { aliasOf: pathOf(first) }),
        ...(inModule ? { moduleName: moduleName(where.path) } : {}),
      };
      if (first === undefined) seen.set(value, place);
    } else if (first !== undefined) yield { kind: "ref", ...spell(), target: pathOf(first) };
    const parts = first === undefined ? partsOf(reduced, reduce) : undefined;
    if (parts) {
      if (!(reduced instanceof Tensor)) {
        if (isShared(reduced)) seen.set(value, place);
        if (parts.size === 0) {
          yield { kind: "empty", ...spell(), value: reduced, label: parts.label };
        } else yield openEntry(place, reduced, parts);
      }
      if (open.length >= nesting) {
        throw limitError("There are containers in one another", nesting, "nesting");
      }
      open.push({
        place,
        inModule: inModule || isModule(reduced, reduce),
        children: (parts.numbered ? parts.children : named(parts))[Symbol.iterator](),
      });
    } else if (first === undefined && !(reduced instanceof Tensor)) {
      yield { kind: "leaf", ...spell(), value: reduced };
    }
    for (;;) {
      const parent = open[open.length - 1];
      if (!parent) return;
      const next = parent.children.next();
      if (next.done) {
        open.pop();
        continue;
      }
      place = { parent: parent.place, name: next.value[0], depth: open.length, path: undefined };
      value = next.value[1];
      inModule = parent.inModule;
      break;
    }
  }
}

function openEntry(
  place: Place,
  value: PyValue,
  { label, size }: Parts,
): Extract<OutlineEntry, { kind: "open" }> {
  const { depth, name } = place;
  return {
    kind: "open",
    get path() {
      return pathOf(place);
    },
    value,
    label,
    size,
    depth,
    name,
  };
}

/** Whether an object is an `nn.Module`, by the attributes that every one has. */
function isModule(value: PyValue, reduce: (value: PyValue) => PyValue): boolean {
  if (!(value instanceof PyObject) || value.states === null) return false;
  const dict = attributeDicts(value.state!, reduce)?.[0];
  return dict !== undefined && dict.has("_parameters") && dict.has("_modules");
}

/** A raw path without the dicts in which modules keep their parameters, buffers and children. */
function moduleName(path: string): string {
  return path.replace(
    /(^|\.)(?:_modules|_parameters|_buffers)\.(?:(?:_modules|_parameters|_buffers)\.)*/g,
    "$1",
  );
}

/** Whether meeting the value again is worth a reference: it has parts, or it is a tensor. */
function isShared(value: PyValue): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof PyTuple) return value.items.length > 0;
  return !(value instanceof PyLeaf || value instanceof PyGlobal || value instanceof PyBytes ||
    value instanceof PySet);
}

function* named(parts: Parts): Generator<readonly [string, PyValue]> {
  const seen = new Map<string, number>();
  for (const [component, value] of parts.children) yield [distinguish(component, seen), value];
}

/** The tensors of an outline; two of one path (`{"a.b": x, "a": {"b": y}}`) get `~1`, `~2`. */
export function* uniqueTensors(
  entries: Iterable<OutlineEntry>,
): Generator<Extract<OutlineEntry, { kind: "tensor" }>> {
  const seen = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== "tensor") continue;
    const path = distinguish(entry.path, seen);
    yield path === entry.path ? entry : { ...entry, path };
  }
}
