/**
 * Archives, written from front to back.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { loadCrc32 } from "../io/crc32.ts";
import { writeBytes } from "../io/sink.ts";
import type { ByteSink } from "../io/sink.ts";
import { DEFLATED, FULL16, STORED } from "./layout.ts";
import { normalName } from "./names.ts";
import { NUMPY_LAYOUT } from "./numpy_layout.ts";
import { torchLayout } from "./torch_layout.ts";
import type { WrittenMember, ZipLayout } from "./written.ts";

/** Torch stores the padding's length in 16 bits; it takes no larger alignment. */
const MAX_ALIGNMENT = 2 ** 16;

/** How an archive is laid out. */
export interface ZipWriterOptions {
  /** As `torch.save` does it, the default, or as `numpy.savez`. */
  readonly layout?: "torch" | "numpy";
  /** What the offset of each member's data is a multiple of; 64 by default, as in torch. */
  readonly alignment?: number;
}

/** How a member is written. */
export interface ZipMemberOptions {
  /** Deflate it; stored by default. */
  readonly deflate?: boolean;
  /** Its CRC-32, where that is known; 0 says "not computed" to those who read torch's files. */
  readonly crc?: number;
}

/** A member's bytes: whole, or in pieces that may be used again once the next is asked for. */
export type MemberData = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Writes an archive. */
export interface ZipWriter {
  /** Writes a member of `size` plain bytes. One at a time. */
  add(name: string, size: number, data: MemberData, options?: ZipMemberOptions): Promise<void>;
  /** Writes the directory. The sink is left to the caller to commit. */
  finish(): Promise<void>;
}

/** Begins an archive at the sink's position, which should be its start. */
export function createZipWriter(sink: ByteSink, options: ZipWriterOptions = {}): ZipWriter {
  const layout = options.layout === "numpy" ? NUMPY_LAYOUT : torchLayout(alignmentOf(options));
  const names = new Set<string>();
  const members: WrittenMember[] = [];
  // Busy for good after an error: what is written then is no archive.
  let state: "ready" | "busy" | "finished" = "ready";
  const begin = () => {
    if (state !== "ready") {
      throw new StateDictError(
        "usage",
        state === "finished"
          ? "The archive is finished already"
          : "A member is being written, or its writing has failed",
        { path: sink.name },
      );
    }
    state = "busy";
  };
  return {
    async add(name, size, data, memberOptions = {}) {
      begin();
      const bytes = checkName(name, names, sink.name);
      const member: WrittenMember = {
        name: bytes,
        method: memberOptions.deflate && size > 0 ? DEFLATED : STORED,
        size,
        offset: sink.position,
        streamed: !layout.patches || !sink.writeAt,
        compressedSize: 0,
        crc: 0,
      };
      await writeMember(sink, layout, member, name, data, memberOptions.crc);
      members.push(member);
      state = "ready";
    },
    async finish() {
      begin();
      const offset = sink.position;
      for (const member of members) await writeBytes(sink, layout.entry(member));
      await writeBytes(sink, layout.end(members.length, offset, sink.position - offset));
      state = "finished";
    },
  };
}

async function writeMember(
  sink: ByteSink,
  layout: ZipLayout,
  member: WrittenMember,
  name: string,
  data: MemberData,
  knownCrc: number | undefined,
): Promise<void> {
  const crc32 = knownCrc === undefined ? await loadCrc32(member.size) : undefined;
  let crc = 0;
  let size = 0;
  const take = (piece: Uint8Array) => {
    size += piece.length;
    if (crc32) crc = crc32(piece, crc);
  };
  await writeBytes(sink, layout.local(member));
  const start = sink.position;
  const pieces = data instanceof Uint8Array ? [data] : data;
  if (member.method === STORED) {
    for await (const piece of pieces) {
      take(piece);
      await writeBytes(sink, piece);
    }
  } else {
    const { deflateRaw } = await import("../compression/deflate.ts");
    for await (const packed of deflateRaw(watched(pieces, take))) await writeBytes(sink, packed);
  }
  if (size !== member.size) {
    throw new StateDictError("usage", `${size} bytes came for a member of ${member.size}`, {
      path: sink.name,
      member: name,
    });
  }
  member.compressedSize = sink.position - start;
  member.crc = knownCrc ?? crc;
  const descriptor = layout.descriptor(member);
  if (descriptor) await writeBytes(sink, descriptor);
  if (!member.streamed) sink.writeAt!(member.offset, layout.local(member));
}

async function* watched(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  take: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const piece of pieces) {
    take(piece);
    yield piece;
  }
}

/** Refuses a name that couldn't be read back, and gives its bytes. */
function checkName(name: string, names: Set<string>, path: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length > FULL16) {
    throw new StateDictError(
      "unsupported",
      `A member's name has ${bytes.length} bytes; 1 to ${FULL16} are possible`,
      { path, member: name },
    );
  }
  const normal = normalName(name);
  if (names.has(normal)) {
    throw new StateDictError("conflict", "Two members would have one name to some readers", {
      path,
      member: name,
    });
  }
  names.add(normal);
  return bytes;
}

function alignmentOf(options: ZipWriterOptions): number {
  const { alignment = 64 } = options;
  if (Number.isInteger(alignment) && alignment >= 1 && alignment <= MAX_ALIGNMENT) return alignment;
  throw new StateDictError(
    "usage",
    `The alignment is ${alignment}; it must be a whole number from 1 to ${MAX_ALIGNMENT}`,
  );
}
