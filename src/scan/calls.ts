/**
 * Watches the calls of a pickle while the machine runs over it: which names are called, which bytes
 * are handed to something that may unpickle them, and what harmless names are made to do.
 *
 * @module
 */

import { judge } from "../pickle/judge.ts";
import type { GlobalTag } from "../pickle/judge.ts";
import { PyBytes, PyGlobal, PyObject, PyPersistent, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { allocates } from "./allocations.ts";
import type { RuleId } from "./rules.ts";

/** PyTorch's loader of a storage inside a plain pickle: as harmless as the bytes it is given. */
export const LOAD_FROM_BYTES = "torch.storage._load_from_bytes";

/** Names that unpickle their argument, also where it is the text that Python 2 took for bytes. */
const LOADERS: ReadonlySet<string> = new Set([
  "pickle.loads",
  "_pickle.loads",
  "dill.loads",
  "dill._dill.loads",
  "cloudpickle.loads",
  "cloudpickle.cloudpickle.loads",
  LOAD_FROM_BYTES,
]);

/** Rebuild functions that call the function that is their first argument with their third. */
const CALLS_ITS_FIRST: ReadonlySet<string> = new Set([
  "torch._tensor._rebuild_from_type_v2",
  "torch._tensor._rebuild_from_type",
  "torch.tensor._rebuild_from_type",
]);

/** Functions that those are given in earnest. */
const REBUILDS = /^torch\.(_utils|_tensor|tensor|nested\._internal\.nested_tensor)\._rebuild_\w+$/;

/** Findings of one rule kept for one pickle: a million equal calls tell no more than the first. */
const MAX_EACH = 20;

/** What a call showed. */
export interface CallFinding {
  /** The rule. */
  readonly rule: RuleId;
  /** What it is. */
  readonly why: string;
  /** Offset of the opcode that calls. */
  readonly offset: number;
}

/** Something that may be unpickled. */
export interface Load {
  /** Who gets it. */
  readonly loader: string;
  /** What it gets; only bytes and texts that stand in the pickle can be looked at. */
  readonly argument: PyValue | undefined;
  /** Offset of the opcode that calls. */
  readonly offset: number;
}

/** A persistent id that was met. */
export interface MetId {
  /** The id. */
  readonly id: PyValue;
  /** Offset of its opcode. */
  readonly offset: number;
}

/** What the calls of one pickle showed. */
export class CallWatch {
  /** Python 3 names of what is called. */
  readonly called: Set<string> = new Set();
  /** What is odd. */
  readonly findings: CallFinding[] = [];
  /** What may be unpickled. */
  readonly loads: Load[] = [];
  /** The persistent ids. */
  readonly ids: MetId[] = [];
  /** Calls that make tensors; items set on them show only at the end. */
  private readonly tensors: PyObject[] = [];
  private readonly tags = new Map<string, GlobalTag>();

  /** Takes what the machine met. */
  readonly met = (met: PyObject | PyPersistent, offset: number): void => {
    if (met instanceof PyPersistent) this.ids.push({ id: met.id, offset });
    else if (met.callee instanceof PyGlobal) this.call(met.callee, met, offset);
  };

  /** Whether items were set on a tensor. */
  get itemsOnTensor(): boolean {
    return this.tensors.some(({ items, entries }) => items !== null || entries !== null);
  }

  /** Adds a finding. */
  find(rule: RuleId, why: string, offset: number): void {
    const same = this.findings.filter((finding) => finding.rule === rule);
    if (same.length < MAX_EACH) this.findings.push({ rule, why, offset });
  }

  private call(callee: PyGlobal, object: PyObject, offset: number): void {
    const { fullName } = callee;
    this.called.add(fullName);
    const args = object.args.items;
    const what = allocates(callee, args);
    if (what) this.find("large-allocation", what, offset);
    if (REBUILDS.test(fullName)) this.tensors.push(object);
    if (CALLS_ITS_FIRST.has(fullName)) this.indirect(args, offset);
    else this.loader(callee, args, offset);
  }

  private indirect([func, , args]: readonly PyValue[], offset: number): void {
    if (func instanceof PyGlobal) {
      this.called.add(func.fullName);
      if (REBUILDS.test(func.fullName)) return;
      this.loader(func, args instanceof PyTuple ? args.items : [], offset);
    }
    const name = func instanceof PyGlobal ? func.written : "something computed";
    this.find("indirect-call", `A rebuild function is told to call ${name}`, offset);
  }

  /** Notes the bytes that a call gets, unless the callee is known to take them for data. */
  private loader(callee: PyGlobal, args: readonly PyValue[], offset: number): void {
    const { fullName: loader } = callee;
    if (LOADERS.has(loader)) {
      this.load({ loader, argument: args[0], offset });
      return;
    }
    const tag = this.tagOf(callee);
    if (tag === "allowed" || tag === "known") return;
    for (const arg of args) {
      const argument = arg instanceof PyObject && arg.calleeName.endsWith("io.BytesIO")
        ? arg.args.items[0]
        : arg;
      if (argument instanceof PyBytes) this.load({ loader, argument, offset });
    }
  }

  private load(load: Load): void {
    this.loads.push(load);
  }

  private tagOf(callee: PyGlobal): GlobalTag {
    const known = this.tags.get(callee.fullName);
    if (known) return known;
    const { tag } = judge(callee.module, callee.name);
    this.tags.set(callee.fullName, tag);
    return tag;
  }
}
