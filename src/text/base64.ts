/**
 * Bytes as base64 and back, in every runtime.
 *
 * @module
 */

/** Bytes turned at a time: a multiple of 3, so that the pieces join without padding. */
const PIECE = 0x6000;

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += PIECE) {
    const piece = bytes.subarray(i, i + PIECE) as unknown as number[];
    parts.push(btoa(String.fromCharCode.apply(null, piece)));
  }
  return parts.join("");
}

/** The bytes of standard base64; undefined if it is none. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
