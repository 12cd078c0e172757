/**
 * Opens a file as the library does, and lists all that is in it: tensors that contradict their
 * storages show only so.
 *
 * @module
 */

import { outline } from "../checkpoint/outline.ts";
import type { Opened } from "../formats/format.ts";
import { probeSource } from "../formats/open.ts";
import { findFormat } from "../formats/table.ts";
import type { ByteSource } from "../io/source.ts";
import { PyPersistent } from "../pickle/values.ts";
import { blamesBytes } from "./blame.ts";
import type { Scan } from "./context.ts";
import { containers } from "./graph.ts";
import { reportError } from "./pickle_report.ts";
import { promisesModel } from "./place.ts";
import type { Place } from "./place.ts";
import type { RuleId } from "./rules.ts";

/** Reads the catalogue of a file in which nothing bad was found; tells what can't be true. */
export async function checkCatalogue(scan: Scan, source: ByteSource, place: Place): Promise<void> {
  let rule: RuleId = "broken-file";
  try {
    const opened = await open(scan, source);
    if (!opened) return reportUnopened(scan, place);
    try {
      for (const value of containers(opened.value)) {
        scan.budget.checkTime();
        if (value instanceof PyPersistent) opened.reduce(value);
      }
      rule = "contradiction";
      for (const _ of outline(opened.value, opened.reduce)) scan.budget.checkTime();
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    reportError(scan, error, place, rule);
  }
}

/** An archive that no format claims has been scanned all the same; it may only not pose as a model. */
function reportUnopened({ log }: Scan, place: Place): void {
  if (!promisesModel(place)) return;
  const why = "Its name promises a model or arrays, but it is an archive of other things";
  log.add({ rule: "unrecognized", where: "", why });
}

/** Opens a file of a known format. */
async function open({ budget, sibling }: Scan, source: ByteSource): Promise<Opened | undefined> {
  const probe = await probeSource(source, budget.signal);
  const format = await findFormat(probe);
  return await format?.open(probe, {
    objects: true,
    limits: { opcodes: budget.opcodes },
    ...(budget.signal ? { signal: budget.signal } : {}),
    ...(sibling ? { sibling } : {}),
  });
}
