/**
 * The catalogues of a distributed checkpoint: one of all processes, or one of each.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { readPickle } from "../../pickle/read.ts";
import { quoted } from "../../text/quoted.ts";
import { PickleReport } from "../format.ts";
import type { Folder, FormatOptions } from "../format.ts";
import { isDcpCatalogue } from "../sniff.ts";
import { parseDcpMetadata } from "./dcp_metadata.ts";
import type { DcpItem, DcpMetadata, PathPart } from "./dcp_metadata.ts";

/** The catalogue of all processes, which wins. */
const WHOLE = ".metadata";

/** What the catalogues say together. */
export interface Catalogues extends DcpMetadata {
  /** Their files. */
  readonly names: readonly string[];
  /** Bytes of the first. */
  readonly size: number;
  /** What their pickles say of themselves. */
  readonly report: PickleReport;
  /** What is odd but no error. */
  readonly warnings: readonly string[];
}

/** Reads the catalogues of a folder. */
export async function readCatalogues(folder: Folder, options: FormatOptions): Promise<Catalogues> {
  const names = folder.names.includes(WHOLE)
    ? [WHOLE]
    : folder.names.filter(isDcpCatalogue).sort((a, b) => rankOf(a) - rankOf(b));
  const report = new PickleReport();
  const read: DcpMetadata[] = [];
  let size: number | undefined;
  for (const name of names) {
    const source = await folder.open(name);
    size ??= source.size;
    const { signal, limits } = options;
    try {
      const pickle = await readPickle(source, 0, {
        ...(signal ? { signal } : {}),
        ...(limits ? { limits } : {}),
      });
      report.add(pickle, name);
      read.push(parseDcpMetadata(pickle.value));
    } catch (error) {
      throw locate(error, undefined, name);
    } finally {
      await source.close();
    }
  }
  return { ...joinCatalogues(read), names, size: size ?? 0, report };
}

function rankOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? -1);
}

/** Joins what each process wrote of itself: of one tensor each has the blocks that it held. */
function joinCatalogues(
  read: readonly DcpMetadata[],
): Pick<Catalogues, "items" | "paths" | "warnings"> {
  const items = new Map<string, DcpItem>();
  const paths = new Map<string, readonly PathPart[]>();
  const again: string[] = [];
  for (const catalogue of read) {
    for (const item of catalogue.items) {
      const known = items.get(item.name);
      if (known && !item.chunks) again.push(item.name);
      else items.set(item.name, known ? joinItem(known, item) : item);
    }
    for (const [name, path] of catalogue.paths) paths.set(name, path);
  }
  const warnings = again.length === 0 ? [] : [
    `Of ${again.length} values that several processes wrote the first is taken, such as ${
      quoted(again[0]!)
    }`,
  ];
  return { items: [...items.values()], paths, warnings };
}

function joinItem(known: DcpItem, item: DcpItem): DcpItem {
  const { name } = item;
  const same = known.chunks && item.chunks && known.dtype === item.dtype &&
    known.shape.join() === item.shape.join();
  if (!same) throw new StateDictError("corrupt", `The catalogues disagree about ${quoted(name)}`);
  // What all processes hold alike each has written.
  const starts = new Set(known.chunks.map(({ offsets }) => offsets.join()));
  const more = item.chunks.filter(({ offsets }) => !starts.has(offsets.join()));
  return { ...known, chunks: [...known.chunks, ...more] };
}
