/**
 * Scans tar archives: every member, and of the layout that PyTorch had before 0.1.10 the pickles
 * between raw numbers.
 *
 * @module
 */

import { blamesBytes, StateDictError } from "../errors.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { BLOCK, isTarHeader, LONG_NAMES, readTarHeader, textOf } from "../tar/header.ts";
import type { TarHeader } from "../tar/header.ts";
import { quoted } from "../text/quoted.ts";
import { nameProblems } from "../zip/names.ts";
import type { Scan } from "./context.ts";
import { reportError } from "./pickle_report.ts";
import { inside } from "./place.ts";
import type { Place } from "./place.ts";
import { reportUnclaimedMember } from "./unclaimed.ts";
import { isTarOfTensors, scanTarOfTensors } from "./tar_tensors.ts";

/** Longest name that is read; GNU and pax names have no limit of their own. */
const MAX_NAME = 64 * 1024;

/** Types of members that are no data, and what they would become. */
const SPECIAL: ReadonlyMap<string, string> = new Map([
  ["1", "a hard link"],
  ["2", "a symbolic link"],
  ["3", "a device"],
  ["4", "a device"],
  ["6", "a pipe"],
]);

/** Whether bytes begin with the header of a tar member. */
export function maybeTar(_source: ByteSource, head: Uint8Array): boolean {
  return isTarHeader(head);
}

/** Scans an archive. */
export async function scanTar(
  scan: Scan,
  source: ByteSource,
  _head: Uint8Array,
  outer: Place,
): Promise<boolean> {
  try {
    await scanMembers(scan, source, outer);
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    reportError(scan, error, outer);
  }
  return true;
}

async function scanMembers(scan: Scan, source: ByteSource, outer: Place): Promise<void> {
  const { log, budget } = scan;
  let longName: string | undefined;
  let at = 0;
  while (at + BLOCK <= source.size) {
    const block = await readBytes(source, at, BLOCK);
    if (block.every((byte) => byte === 0)) break;
    if (!isTarHeader(block)) {
      throw new StateDictError("corrupt", "The header of a tar member has a wrong checksum", {
        offset: at,
      });
    }
    budget.member();
    const header = readTarHeader(block);
    const start = at + BLOCK;
    at = start + Math.ceil(header.size / BLOCK) * BLOCK;
    if (start + header.size > source.size) {
      throw new StateDictError(
        "truncated",
        `A tar member of ${header.size} bytes begins at ${start}, but the data ends at ${source.size}`,
        { offset: start },
      );
    }
    const bytes = sliceSource(source, start, header.size);
    if (LONG_NAMES.has(header.type)) {
      longName = await readLongName(bytes, header) ?? longName;
      continue;
    }
    const name = longName ?? header.name;
    longName = undefined;
    reportNames(scan, name, header, start - BLOCK, outer);
    if (header.size === 0) continue;
    const place = inside(outer, name, { depth: outer.depth + 1 });
    if (isTarOfTensors(name)) await scanTarOfTensors(scan, bytes, name, place);
    else if ((await scan.look(bytes, place)).length === 0) {
      await reportUnclaimedMember(scan, bytes, place);
    }
  }
  const rest = await readBytes(
    source,
    Math.min(at, source.size),
    Math.max(0, Math.min(source.size - at, 2 ** 20)),
  );
  if (rest.some((byte) => byte !== 0) && !outer.hidden) {
    const why = `${source.size - at} bytes stand behind the last member`;
    log.add({ rule: "trailing-bytes", where: outer.where, why, offset: at });
  }
}

function reportNames(
  { log }: Scan,
  name: string,
  { type, link }: TarHeader,
  offset: number,
  { where, hidden }: Place,
): void {
  if (hidden) return;
  const shown = quoted(name);
  const special = SPECIAL.get(type);
  if (special) {
    const to = link === "" ? "" : ` to ${quoted(link)}`;
    log.add({ rule: "unsafe-path", where, why: `${shown} is ${special}${to}`, offset });
  }
  for (const problem of nameProblems(name)) {
    log.add({ rule: "unsafe-path", where, why: `The name ${shown} ${problem}`, offset });
  }
}

/** The name of the next member, where it stands in a member of its own. */
async function readLongName(bytes: ByteSource, header: TarHeader): Promise<string | undefined> {
  if (bytes.size > MAX_NAME) {
    throw new StateDictError("limit", `A tar member has a name of ${bytes.size} bytes`);
  }
  const text = textOf(await readBytes(bytes, 0, bytes.size));
  if (header.type === "L") return text;
  // A pax record: its length, a blank, key=value, a line feed.
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}
