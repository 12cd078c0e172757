/**
 * Everything odd about an archive that its directory shows.
 *
 * @module
 */

import { contradictions } from "./contradictions.ts";
import type { ZipDirectory } from "./directory.ts";
import { nameProblems, specialType } from "./names.ts";
import type { ZipProblem } from "./problem.ts";
import { unreadable } from "./readable.ts";

/** Anomalies listed one by one; an archive made to have a million says little more by the others. */
export const MAX_LISTED = 1000;

/** Lists the anomalies that the directory alone shows, without reading anything more. */
export function zipAnomalies(directory: ZipDirectory): ZipProblem[] {
  return listed(found(directory));
}

/** Gathers problems, and from {@linkcode MAX_LISTED} on only counts them. */
export function listed(problems: Iterable<ZipProblem>): ZipProblem[] {
  const list: ZipProblem[] = [];
  let more = 0;
  let last: ZipProblem | undefined;
  for (const problem of problems) {
    if (list.length < MAX_LISTED) list.push(problem);
    else {
      more++;
      last = problem;
    }
  }
  if (last) {
    list.push({ ...last, message: `${more} more problems like these; the last: ${last.message}` });
  }
  return list;
}

function* found(directory: ZipDirectory): Generator<ZipProblem> {
  const { entries, end, source } = directory;
  yield* directory.problems;
  yield* contradictions(directory);
  if (end < source.size) {
    const length = source.size - end;
    yield { rule: "Z6", message: `${length} bytes stand behind the archive`, offset: end, length };
  }
  for (const entry of entries) {
    const { name: member, headerOffset: offset } = entry;
    const about = { offset, member };
    const problem = unreadable(entry);
    if (problem) yield { ...about, rule: problem.rule, message: problem.message };
    for (const message of nameProblems(member)) {
      yield { ...about, rule: "Z8", message: `Its name ${message}` };
    }
    const type = specialType(entry.externalAttributes);
    if (type) yield { ...about, rule: "Z8", message: `It would be unpacked as ${type}` };
  }
}
