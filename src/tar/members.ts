/**
 * The members of a tar archive: their headers are read, and nothing between them.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { BLOCK, isTarHeader, LONG_NAMES, readTarHeader, textOf } from "./header.ts";

/** Members that are listed: there is no directory, so each costs a read. */
const MAX_MEMBERS = 100_000;

/** Longest name that is read; those in members of their own have no limit. */
const MAX_NAME = 64 * 1024;

/** One member. */
export interface TarMember {
  /** Its path. */
  readonly name: string;
  /** One character: `0` for a file, `5` for a folder, others for links and devices. */
  readonly type: string;
  /** Offset of its first byte. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** Lists the members, in order. @throws `truncated` if the last one isn't there as a whole. */
export async function readTarMembers(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<TarMember[]> {
  const members: TarMember[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= source.size;) {
    const block = await readBytes(source, at, BLOCK, signal);
    if (block.every((byte) => byte === 0)) break;
    if (!isTarHeader(block)) {
      throw new StateDictError("corrupt", "The header of a tar member has a wrong checksum", {
        offset: at,
      });
    }
    const { name, size, type } = readTarHeader(block);
    const offset = at + BLOCK;
    if (offset + size > source.size) {
      throw new StateDictError(
        "truncated",
        `A tar member of ${size} bytes begins at ${offset}, but the file ends at ${source.size}`,
        { offset: at, member: longName ?? name },
      );
    }
    at = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (LONG_NAMES.has(type)) {
      longName = await readLongName(source, offset, size, type, signal) ?? longName;
      continue;
    }
    members.push({ name: longName ?? name, type, offset, size });
    longName = undefined;
    if (members.length > MAX_MEMBERS) {
      throw new StateDictError("limit", `The archive has more than ${MAX_MEMBERS} members`);
    }
  }
  return members;
}

/** The name of the next member, where it stands in a member of its own. */
async function readLongName(
  source: ByteSource,
  offset: number,
  size: number,
  type: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (size > MAX_NAME) {
    throw new StateDictError("limit", `A tar member has a name of ${size} bytes`, { offset });
  }
  const text = textOf(await readBytes(source, offset, size, signal));
  if (type === "L") return text;
  if (type !== "x") return undefined; // links' targets, and what holds for all members
  // A pax record: its length, a blank, key=value, a line feed.
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}
