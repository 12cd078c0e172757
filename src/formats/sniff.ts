/**
 * Looks at a file's first bytes or a folder's names: which formats are worth loading for it.
 *
 * @module
 */

/** Whether the bytes begin with these. */
export function startsWith(...bytes: readonly number[]): (head: Uint8Array) => boolean {
  return (head) => bytes.every((byte, i) => head[i] === byte);
}

/** A zip archive, also one whose first record is its end. */
export const isZip: (head: Uint8Array) => boolean = startsWith(0x50, 0x4b);

/** An array in npy form. */
export const isNpy: (head: Uint8Array) => boolean = startsWith(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** A length of eight bytes, then a JSON object, perhaps after blanks. */
export function isSafetensors(head: Uint8Array): boolean {
  if (head.length < 9) return false;
  // The longest header has 100 MB, so the upper half of its length is 0.
  if (head[4] || head[5] || head[6] || head[7]) return false;
  let at = 8;
  while (at < 16 && isBlank(head[at]!)) at++;
  return head[at] === 0x7b;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** A JSON list or object, perhaps after blanks. */
export function isJson(head: Uint8Array): boolean {
  const first = head.find((byte) => !isBlank(byte));
  return first === 0x7b || first === 0x5b;
}

/** First bytes of the codecs' streams: ZF, zlib, gzip, bzip2, xz, lzma and lz4. */
const PACKED = [0x5a, 0x78, 0x1f, 0x42, 0xfd, 0x5d, 0x04];

/** What may be one compressed stream; its codec looks closer. */
export function isPacked(head: Uint8Array): boolean {
  return PACKED.includes(head[0]!);
}

/** Opcodes of protocols 0 and 1 that need nothing on the stack. */
const FIRST_OPCODES = "()]}NIJKLMFGSTUVXBCPc";

/** What may be a pickle, going by its first opcode. */
export function mayBePickle(head: Uint8Array): boolean {
  const first = head[0] ?? 0;
  return (first >= 0x80 && first <= 0x97) || FIRST_OPCODES.includes(String.fromCharCode(first));
}

/**
 * PyTorch's magic number as a pickle has it, in binary and as text, and the pickle of the version
 * 1001 behind it, by which a file is known whose magic number is wrong.
 */
const LEGACY_MARKS: readonly Uint8Array[] = [
  new Uint8Array([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
  new TextEncoder().encode("L119547037146038801333356L"),
  new Uint8Array([0x4d, 0xe9, 3, 0x2e]),
  new TextEncoder().encode("I1001\n."),
];

/** What may be a file as PyTorch wrote it before 1.6. */
export function mayBeLegacy(head: Uint8Array): boolean {
  return mayBePickle(head) && LEGACY_MARKS.some((mark) => includes(head, mark));
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

/** What may be a tar archive: ustar's mark, or the first member that PyTorch gave one without. */
export function mayBeTar(head: Uint8Array): boolean {
  return isUstar(head.subarray(257)) || isSysInfo(head);
}

const isUstar = startsWith(...new TextEncoder().encode("ustar"));
const isSysInfo = startsWith(...new TextEncoder().encode("sys_info\0"));

/** Whether one of a folder's files is an index of shards, by its name. */
export function hasShardIndex(names: readonly string[]): boolean {
  return names.some((name) => /\.(safetensors|bin)\.index\.json$/.test(name));
}

/** Whether a file is the catalogue of a distributed checkpoint, by its name; of one process even. */
export function isDcpCatalogue(name: string): boolean {
  return name === ".metadata" || /^__\d+\.metadata$/.test(name);
}
