/**
 * Archives one behind the other, as PyTorch's distributed checkpoints have them in their files.
 *
 * @module
 */

import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import {
  END64_SIGNATURE,
  END64_SIZE,
  END_SIGNATURE,
  END_SIZE,
  FULL32,
  LOCAL_SIGNATURE,
  LOCATOR_SIZE,
  readU64,
  viewOf,
} from "../zip/layout.ts";

/** The end of each of these archives: PyTorch writes the zip64 records always, and no comment. */
const TAIL = END64_SIZE + LOCATOR_SIZE + END_SIZE;

/** How the files of a distributed checkpoint are called: `__0_1.distcp`, rank and number. */
export const ROW_NAME: RegExp = /(^|[/\\])__\d+_\d+\.distcp$/;

/** What a row of archives is called among the kinds of a report. */
export const ARCHIVE_ROW = "archive-row";

/** One archive of a row. */
export interface RowItem {
  /** Where it begins. */
  readonly start: number;
  /** Its bytes. */
  readonly source: ByteSource;
}

/** The archives that a file is made of, without a gap; undefined if it isn't made so. */
export async function archiveRow(source: ByteSource): Promise<RowItem[] | undefined> {
  const items: RowItem[] = [];
  for (let end = source.size; end > 0;) {
    if (end < TAIL) return undefined;
    const view = viewOf(await readBytes(source, end - TAIL, TAIL));
    const classic = END64_SIZE + LOCATOR_SIZE;
    const isEnd = view.getUint32(0, true) === END64_SIGNATURE &&
      view.getUint32(classic, true) === END_SIGNATURE;
    if (!isEnd) return undefined;
    const size = sizeField(view, classic + 12, 40);
    const offset = sizeField(view, classic + 16, 48);
    const start = end - TAIL - size - offset;
    if (start < 0 || start + 4 > end) return undefined;
    const head = viewOf(await readBytes(source, start, 4));
    if (head.getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
    items.push({ start, source: sliceSource(source, start, end - start) });
    end = start;
  }
  return items.reverse();
}

/** A field of the end record, or of the zip64 one where it is full. */
function sizeField(view: DataView, at: number, wideAt: number): number {
  const value = view.getUint32(at, true);
  return value === FULL32 ? readU64(view, wideAt) : value;
}
