/**
 * The files of a distributed checkpoint, and the items in them.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { readAhead } from "../../io/read_ahead.ts";
import { bytesSource, readBytes, sliceSource } from "../../io/source.ts";
import type { ByteSource } from "../../io/source.ts";
import { quoted } from "../../text/quoted.ts";
import type { Folder } from "../format.ts";
import type { DcpPlace } from "./dcp_metadata.ts";

/** Files opened at the same time: over a network each costs a round trip or two. */
const AT_ONCE = 8;

/** Items of so many bytes are read whole: it takes fewer reads than looking at their directory. */
const SMALL_ITEM = 64 * 1024;

/** Files by name. */
export class DcpFiles {
  private readonly sources = new Map<string, ByteSource>();
  private readonly ahead = new Map<string, ByteSource>();

  /** Opens the files of a folder. @throws `corrupt` if one is missing, `refused` for no plain name. */
  async open(folder: Folder, names: ReadonlySet<string>): Promise<void> {
    const list = [...names];
    for (let at = 0; at < list.length; at += AT_ONCE) {
      const results = await Promise.allSettled(
        list.slice(at, at + AT_ONCE).map(async (name) => {
          this.sources.set(name, await openFile(folder, name));
        }),
      );
      for (const result of results) if (result.status === "rejected") throw result.reason;
    }
  }

  /** Bytes of a file. */
  size(name: string): number {
    return this.sources.get(name)!.size;
  }

  /** Whether an item lies in its file as a whole. */
  isWhole({ file, offset, length }: DcpPlace): boolean {
    return offset + length <= this.size(file);
  }

  /** The bytes of an item. @throws `truncated` if its file ends before. */
  async slice(place: DcpPlace): Promise<ByteSource> {
    const { file, offset, length } = place;
    const source = this.sources.get(file)!;
    if (!this.isWhole(place)) {
      throw new StateDictError(
        "truncated",
        `An item ends at ${offset + length}, but its file at ${source.size}`,
        { member: file, offset, hint: "the file is cut short; get it again" },
      );
    }
    if (length > SMALL_ITEM) return sliceSource(source, offset, length);
    const ahead = this.ahead.get(file) ?? readAhead(source);
    this.ahead.set(file, ahead);
    return bytesSource(await readBytes(ahead, offset, length), source.name);
  }

  /** Gives back every handle. */
  async close(): Promise<void> {
    for (const source of this.sources.values()) await source.close();
  }
}

async function openFile(folder: Folder, name: string): Promise<ByteSource> {
  try {
    return await folder.open(name);
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "not-found") throw error;
    throw new StateDictError("corrupt", `The file ${quoted(name)} is missing`, {
      hint: "get it too, into the same folder",
      cause: error,
    });
  }
}
