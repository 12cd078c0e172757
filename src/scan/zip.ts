/**
 * Scans zip archives: every member of every directory that some reader would find, and what stands
 * between, before and behind the members.
 *
 * @module
 */

import { blamesBytes } from "../errors.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { quoted } from "../text/quoted.ts";
import { zipAnomalies } from "../zip/anomalies.ts";
import { TAIL_SIZE } from "../zip/directory.ts";
import type { ZipDirectory } from "../zip/directory.ts";
import { findEndRecord } from "../zip/end_record.ts";
import type { ZipEntry } from "../zip/entries.ts";
import { localAnomalies } from "../zip/local_anomalies.ts";
import { verifyMember } from "../zip/member.ts";
import type { ZipProblem, ZipRule } from "../zip/problem.ts";
import { zipReadings } from "../zip/readings.ts";
import { ARCHIVE_ROW, archiveRow, ROW_NAME } from "./archive_row.ts";
import type { Claims, Scan } from "./context.ts";
import { hunt } from "./hunt.ts";
import { reportError } from "./pickle_report.ts";
import { inside } from "./place.ts";
import type { Place } from "./place.ts";
import type { RuleId } from "./rules.ts";
import { archiveKind, isStorage, reportArchive } from "./torch_archive.ts";
import type { ArchiveKind } from "./torch_archive.ts";
import { reportUnclaimedMember } from "./unclaimed.ts";
import { scanHiddenMembers } from "./zip_hidden.ts";
import { packedBytes, plainBytes } from "./zip_member.ts";

const RULE_OF: Readonly<Record<ZipRule, RuleId>> = {
  Z1: "zip-names",
  Z2: "zip-directory",
  Z3: "zip-local-header",
  Z4: "zip-crc",
  Z5: "zip-method",
  Z6: "zip-stray-bytes",
  Z7: "zip-size",
  Z8: "unsafe-path",
};

/**
 * Whether the bytes may be an archive: they begin as one, or an end record is where it should be.
 * Weights are not looked at for one.
 */
export async function maybeZip(
  source: ByteSource,
  head: Uint8Array,
  { hidden }: Place,
): Promise<boolean> {
  if (startsZip(head)) return true;
  if (hidden) return false;
  const start = Math.max(0, source.size - TAIL_SIZE);
  return findEndRecord(await readBytes(source, start, source.size - start), start) !== undefined;
}

const NOTHING = new Uint8Array(0);

function startsZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
}

/** Scans an archive, or several where a distributed checkpoint has them; whether it is one. */
export async function scanZip(
  scan: Scan,
  source: ByteSource,
  head: Uint8Array,
  place: Place,
): Promise<boolean | Claims> {
  const row = ROW_NAME.test(place.name) ? await archiveRow(source) : undefined;
  if (!row || row.length < 2) return await scanOne(scan, source, head, place);
  for (const { start, source: item } of row) {
    const itemPlace = inside(place, `item at ${start}`, { depth: place.depth + 1 });
    await scanOne(scan, item, head, itemPlace);
  }
  return [ARCHIVE_ROW];
}

async function scanOne(
  scan: Scan,
  source: ByteSource,
  head: Uint8Array,
  place: Place,
): Promise<boolean> {
  let readings: ZipDirectory[];
  try {
    readings = await zipReadings(source);
  } catch (error) {
    if (!blamesBytes(error) || error.code === "limit" && !startsZip(head)) throw error;
    if (!startsZip(head)) return false;
    reportError(scan, error, place);
    if (!place.hidden) await scanHiddenMembers(scan, source, 0, place);
    return true;
  }
  const seen = new Set<string>();
  for (const directory of readings) await scanDirectory(scan, directory, seen, place);
  return true;
}

async function scanDirectory(
  scan: Scan,
  directory: ZipDirectory,
  seen: Set<string>,
  place: Place,
): Promise<void> {
  const kind = archiveKind(directory.entries.map(({ name }) => name));
  reportArchive(scan, kind, place);
  const problems = [...zipAnomalies(directory), ...await localAnomalies(directory)];
  for (const problem of problems) {
    report(scan, problem, place);
    if (problem.length !== undefined) await scanStray(scan, directory, problem, place);
  }
  for (const entry of directory.entries) {
    if (entry.size > 0 || entry.compressedSize > 0) {
      await scanMember(scan, directory, entry, kind, seen, place);
    }
  }
}

function report({ log }: Scan, problem: ZipProblem, { where, hidden }: Place): void {
  if (hidden) return;
  const { rule, message, offset, member } = problem;
  const why = member === undefined ? message : `${quoted(member)}: ${message}`;
  log.add({ rule: RULE_OF[rule], where, why, offset });
}

/** Bytes that belong to no member. What begins at the first of them, the other formats look at. */
async function scanStray(
  scan: Scan,
  { source }: ZipDirectory,
  { offset, length = 0 }: ZipProblem,
  place: Place,
): Promise<void> {
  const bytes = sliceSource(source, offset, Math.min(length, source.size - offset));
  if (offset === 0) {
    const before = inside(place, "bytes before the archive", { depth: place.depth + 1 });
    if (await maybeZip(bytes, NOTHING, before)) await scanZip(scan, bytes, NOTHING, before);
  } else if (!place.hidden) {
    const listed = await scanHiddenMembers(scan, bytes, offset, place);
    const rest = sliceSource(bytes, listed, bytes.size - listed);
    if (rest.size > 0) await hunt(scan, rest, place, offset + listed);
  }
}

async function scanMember(
  scan: Scan,
  directory: ZipDirectory,
  entry: ZipEntry,
  kind: ArchiveKind,
  seen: Set<string>,
  outer: Place,
): Promise<void> {
  const { budget, log } = scan;
  budget.member();
  const isRaw = isStorage(kind, entry.name);
  const place = inside(outer, entry.name, {
    depth: outer.depth + 1,
    hidden: outer.hidden || isRaw,
    persistentIds: kind.isTorch ? "storages" : "none",
  });
  const packed = await packedBytes(directory, entry);
  if (!packed) {
    const why = "Its bytes are not where the directory says";
    if (!outer.hidden) log.add({ rule: "unread-part", where: place.where, why });
    return;
  }
  // Members that share bytes are one: to unpack each would take hours.
  const key = `${entry.dataOffset} ${packed.size} ${entry.method}`;
  if (seen.has(key)) return;
  seen.add(key);
  const bytes = await plainBytes(scan, directory, entry, packed, place);
  const claims = await scan.look(bytes, place);
  if (claims.length === 0) await reportUnclaimedMember(scan, bytes, place);
  if (isBomb(entry) && claims.includes("pickle") && !place.hidden) {
    const why = `${entry.compressedSize} bytes unpack to ${entry.size}`;
    log.add({ rule: "packed-bomb", where: place.where, why, offset: entry.headerOffset });
  }
  // The checksums of weights and arrays are for those to compare who read them.
  if (!isRaw && !claims.includes("npy")) await checkCrc(scan, directory, entry, place);
}

/** Whether a member unpacks to more than 64 times its size and 16 MiB. Arrays of zeros do, too. */
function isBomb({ size, compressedSize }: ZipEntry): boolean {
  return size > 64 * compressedSize + 2 ** 24;
}

/** Members whose CRC-32 is compared; longer ones are arrays, or take long to read. */
const MAX_CHECKED = 64 * 2 ** 20;

async function checkCrc(
  { log }: Scan,
  directory: ZipDirectory,
  entry: ZipEntry,
  { where }: Place,
): Promise<void> {
  if (entry.size > MAX_CHECKED) return;
  try {
    await verifyMember(directory, entry, null);
  } catch (error) {
    if (!blamesBytes(error)) throw error;
    if (error.code !== "corrupt" || !error.message.includes("CRC")) return;
    log.add({ rule: "zip-crc", where, why: error.message, offset: entry.headerOffset });
  }
}
