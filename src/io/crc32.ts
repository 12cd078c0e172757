/**
 * CRC-32 as zip and gzip use it.
 *
 * @module
 */

/** The CRC-32 of `bytes`, or of more bytes than these when `seed` is the CRC of those before. */
export type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/** Bytes that {@linkcode crc32} does in the time that Deno takes to find zlib's, which is 17 ms. */
const SMALL = 2 ** 24;

/** Bytes that {@linkcode crc32} was given out for. */
let promised = 0;

let native: Crc32 | undefined;

/**
 * The quickest CRC-32 for so many bytes, which may be the first of many: Bun's and zlib's run at 5
 * to 20 GB/s, but finding zlib's is worth it only for much.
 */
export async function loadCrc32(bytes: number = Infinity): Promise<Crc32> {
  native ??= bunCrc32();
  if (native) return native;
  promised += bytes;
  return promised <= SMALL ? crc32 : native = await zlibCrc32() ?? crc32;
}

/** The CRC-32 of bytes that are all there. */
export async function checksum(bytes: Uint8Array): Promise<number> {
  return (await loadCrc32(bytes.length))(bytes);
}

async function zlibCrc32(): Promise<Crc32 | undefined> {
  const { loadBuiltin } = await import("./builtin.ts");
  return (await loadBuiltin<{ crc32?: Crc32 }>("node:zlib"))?.crc32;
}

function bunCrc32(): Crc32 | undefined {
  const { Bun } = globalThis as { Bun?: { hash?: { crc32?: Crc32 } } };
  return Bun?.hash?.crc32;
}

let tables: Int32Array | undefined;

/** CRC-32 in plain JavaScript, 16 bytes a turn: 1 to 2 GB/s. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const t = tables ??= makeTables();
  let crc = ~seed;
  let i = 0;
  for (const last = bytes.length - 16; i <= last; i += 16) {
    crc = t[3840 + ((crc ^ bytes[i]!) & 255)]! ^
      t[3584 + (((crc >>> 8) ^ bytes[i + 1]!) & 255)]! ^
      t[3328 + (((crc >>> 16) ^ bytes[i + 2]!) & 255)]! ^
      t[3072 + ((crc >>> 24) ^ bytes[i + 3]!)]! ^
      t[2816 + bytes[i + 4]!]! ^ t[2560 + bytes[i + 5]!]! ^
      t[2304 + bytes[i + 6]!]! ^ t[2048 + bytes[i + 7]!]! ^
      t[1792 + bytes[i + 8]!]! ^ t[1536 + bytes[i + 9]!]! ^
      t[1280 + bytes[i + 10]!]! ^ t[1024 + bytes[i + 11]!]! ^
      t[768 + bytes[i + 12]!]! ^ t[512 + bytes[i + 13]!]! ^
      t[256 + bytes[i + 14]!]! ^ t[bytes[i + 15]!]!;
  }
  for (; i < bytes.length; i++) crc = t[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** 16 tables: table k is what a byte becomes that has k more bytes behind it. */
function makeTables(): Int32Array {
  const made = new Int32Array(16 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256]!;
    made[i] = (before >>> 8) ^ made[before & 255]!;
  }
  return made;
}
