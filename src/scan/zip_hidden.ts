/**
 * Members that no directory lists: readers that go from one local header to the next see them.
 *
 * @module
 */

import { packedInput } from "../compression/packed_input.ts";
import { readBytes, sliceSource } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { DEFLATED, LOCAL_SIGNATURE, LOCAL_SIZE, viewOf } from "../zip/layout.ts";
import { decodeCp437 } from "../zip/names.ts";
import type { Scan } from "./context.ts";
import { inside } from "./place.ts";
import type { Place } from "./place.ts";
import { unpackStream } from "./unpacked.ts";

/**
 * Scans the members of a run of local headers that stands at `base` of the place. Gives how many
 * bytes they are.
 */
export async function scanHiddenMembers(
  scan: Scan,
  source: ByteSource,
  base: number,
  outer: Place,
): Promise<number> {
  const { budget } = scan;
  let at = 0;
  while (at + LOCAL_SIZE <= source.size) {
    const view = viewOf(await readBytes(source, at, LOCAL_SIZE));
    if (view.getUint32(0, true) !== LOCAL_SIGNATURE) return at;
    budget.member();
    const nameEnd = at + LOCAL_SIZE + view.getUint16(26, true);
    const dataStart = nameEnd + view.getUint16(28, true);
    if (dataStart > source.size) return at;
    const stated = view.getUint32(18, true);
    // Where the sizes stand behind the data, what begins there shows where it ends.
    const size = stated === 0 || dataStart + stated > source.size
      ? source.size - dataStart
      : stated;
    const name = decodeCp437(await readBytes(source, at + LOCAL_SIZE, nameEnd - at - LOCAL_SIZE));
    const place = inside(outer, name || `member at ${base + at}`, {
      depth: outer.depth + 1,
      hidden: true,
    });
    const packed = sliceSource(source, dataStart, size);
    await scan.look(await plain(scan, packed, view.getUint16(8, true)), place);
    at = dataStart + size;
  }
  return at;
}

async function plain(scan: Scan, packed: ByteSource, method: number): Promise<ByteSource> {
  if (method !== DEFLATED) return packed;
  const { bytes } = await unpackStream(scan.budget, packed.name, async function* () {
    const { inflateRaw } = await import("../compression/inflate.ts");
    yield* inflateRaw(packedInput(packed, 0));
  });
  return bytes;
}
