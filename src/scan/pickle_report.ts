/**
 * Tells what a run of the machine over a pickle showed.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import type { StateDictError } from "../errors.ts";
import type { ByteSource } from "../io/source.ts";
import type { PickleAnomaly } from "../pickle/machine_types.ts";
import { PyObject, PyTuple } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
import { quoted } from "../text/quoted.ts";
import type { Scan } from "./context.ts";
import { isBad, judgeNames, reportNames } from "./names.ts";
import { scanExternal, scanLoads } from "./pickle_parts.ts";
import type { PickleRun } from "./pickle_run.ts";
import type { Place } from "./place.ts";
import type { RuleId } from "./rules.ts";
import { bombIn } from "./unfold.ts";

/** First items of persistent ids that PyTorch's containers resolve. */
const TORCH_IDS: ReadonlySet<PyValue> = new Set(["storage", "module", "reduce_package"]);

/** The rules of the machine's anomalies that aren't told by another way; the others bear its name. */
const ANOMALIES: Readonly<Record<PickleAnomaly["rule"], RuleId | undefined>> = {
  "computed-name": "computed-name",
  "computed-callee": "computed-callee",
  "build-on-global": "build-on-global",
  "second-state": "second-state",
  "transforming-codec": "transforming-codec",
  "frame-overrun": "frame-overrun",
  "frame-nested": "frame-nested",
  "extension-code": "extension-code",
  "persistent-mutated": "persistent-mutated",
  // All persistent ids are looked at, by what may stand where they do.
  "text-persistent-id": undefined,
};

/** Tells everything about a pickle, and scans what it hands to loaders. */
export async function reportRun(
  scan: Scan,
  source: ByteSource,
  run: PickleRun,
  place: Place,
): Promise<void> {
  const loadsScanned = await scanLoads(scan, source, run, place);
  if (place.hidden) return reportHidden(scan, run, place);
  reportNames(scan, judgeNames(run, scan.allow, loadsScanned), place);
  reportAnomalies(scan, run, place);
  reportIds(scan, run, place);
  reportValue(scan, run, place);
  for (const inner of run.inner) await reportRun(scan, source, inner, place);
  for (const external of run.externals) await scanExternal(scan, external, place);
  if (run.error) reportError(scan, run.error, place, "broken-pickle");
}

/** Tells an error in the terms of a scan: what can't be read, what contradicts itself, what is too much. */
export function reportError(
  { log }: Scan,
  error: StateDictError,
  { where, hidden }: Place,
  rule: RuleId = "broken-file",
): void {
  if (hidden && error.code !== "limit") return;
  const rules: Partial<Record<StateDictError["code"], RuleId>> = {
    limit: "limit",
    refused: "refused",
    unsupported: "unread-part",
  };
  const why = error.member === undefined || error.member === where
    ? error.message
    : `${error.member}: ${error.message}`;
  log.add({ rule: rules[error.code] ?? rule, where, why, offset: error.offset });
}

function reportHidden({ log, allow }: Scan, run: PickleRun, { where }: Place): void {
  const bad = judgeNames(run, allow).filter(isBad);
  const odd = run.effects.anomalies.filter(({ level }) => level === "dangerous");
  const names = bad.map(({ use }) => use.global.written).slice(0, 5).join(", ");
  if (bad.length > 0 || odd.length > 0) {
    const why = names ? `A pickle here names ${names}` : `A pickle here: ${odd[0]!.message}`;
    log.add({ rule: "hidden-pickle", where, why, offset: run.start });
  }
}

function reportAnomalies({ log }: Scan, { effects, calls }: PickleRun, { where }: Place): void {
  for (const { rule, message, offset } of effects.anomalies) {
    const id = ANOMALIES[rule];
    if (id) log.add({ rule: id, where, why: message, offset });
    if (rule !== "extension-code") continue;
    const unknown = { name: "?.?", mapped: "?.?", tag: "suspicious", why: message } as const;
    log.addGlobal({ ...unknown, where, offset, opcode: "EXT" });
  }
  for (const { rule, why, offset } of calls.findings) log.add({ rule, where, why, offset });
  const discarded = effects.discarded.find((call) => !isSetter(call));
  if (discarded) {
    const what = discarded.calleeName || "something computed";
    log.add({ rule: "discarded-call", where, why: `The result of ${what} is thrown away` });
  }
  if (calls.itemsOnTensor) {
    log.add({ rule: "items-on-tensor", where, why: "Items are set on a tensor" });
  }
}

/** Whether a call sets the state of an object, as `__reduce_ex__` can ask for: it returns nothing. */
function isSetter({ args: { items } }: PyObject): boolean {
  return items.length === 2 && items[0] instanceof PyObject;
}

function reportIds({ log }: Scan, { calls }: PickleRun, { where, persistentIds }: Place): void {
  if (persistentIds === "any") return;
  const odd = calls.ids.find(({ id }) =>
    persistentIds === "none" || !(id instanceof PyTuple) || !TORCH_IDS.has(id.items[0] ?? null)
  );
  if (!odd) return;
  const kind = odd.id instanceof PyTuple ? odd.id.items[0] : odd.id;
  const shown = typeof kind === "string" ? ` ${quoted(kind)}` : "";
  const why = persistentIds === "none"
    ? `A persistent id${shown} stands outside the containers that resolve it`
    : `A persistent id${shown} is none of PyTorch's`;
  log.add({ rule: "persistent-id", where, why, offset: odd.offset });
}

function reportValue({ log }: Scan, { value, start }: PickleRun, { where }: Place): void {
  if (value === undefined) return;
  try {
    const why = bombIn(value);
    if (why) log.add({ rule: "value-bomb", where, why, offset: start });
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    log.add({
      rule: error.code === "limit" ? "limit" : "broken-pickle",
      where,
      why: error.message,
    });
  }
}
