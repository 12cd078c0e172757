/**
 * Opens a file as the library does, and lists all that is in it: tensors that contradict their
 * storages show only so.
 *
 * @module
 */

import { blamesBytes, isStateDictError } from "../errors.ts";
import type { Opened } from "../formats/format.ts";
import { probeSource } from "../formats/open.ts";
import { findFormat } from "../formats/table.ts";
import type { ByteSource } from "../io/source.ts";
import { PyObject, PyPersistent } from "../pickle/values.ts";
import type { PyValue } from "../pickle/values.ts";
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
      // A storage that isn't there is damage; a tensor that doesn't fit its storage is a lie.
      reduceAll(scan, opened, (value) => value instanceof PyPersistent);
      rule = "contradiction";
      reduceAll(scan, opened, (value) => value instanceof PyObject);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (blamesBytes(error)) reportError(scan, error, place, rule);
    else if (isStateDictError(error) && error.code === "not-found") {
      // The file itself is open: it is another one that it needs.
      scan.log.add({
        rule: "unread-part",
        where: "",
        why: "A file beside it that it needs is missing",
      });
    } else throw error;
  }
}

/** Has the format look at what the nodes of a kind stand for; it throws where that can't be. */
function reduceAll(
  { budget }: Scan,
  { value: root, reduce }: Opened,
  isWanted: (value: PyValue) => boolean,
): void {
  for (const value of containers(root)) {
    budget.checkTime();
    if (isWanted(value)) reduce(value);
  }
}

/** An archive that no format claims has been scanned all the same; it may only not pose as a model. */
function reportUnopened({ log }: Scan, place: Place): void {
  if (!promisesModel(place) || !log.kinds().includes("zip")) return;
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
