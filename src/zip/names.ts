/**
 * Member names: how their bytes read, when two of them are one, and what is wrong with them.
 *
 * @module
 */

/** The upper half of code page 437, in which names without the UTF-8 flag are written. */
const CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** Decodes a name; undefined if it says it is UTF-8 and isn't. */
export function decodeName(bytes: Uint8Array, utf8: boolean): string | undefined {
  if (!utf8) return decodeCp437(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes a name of code page 437, as Python does; no two names read alike. */
export function decodeCp437(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte < 128 ? String.fromCharCode(byte) : CP437[byte - 128]!;
  }
  return text;
}

/**
 * What names become in the readers that see the most names as one: cut at a NUL (C), `\` as `/`
 * (Windows), empty and `.` parts left out (file systems), without regard to case (torch). The
 * arrays of an npz keep their case: only numpy reads them, and to it `W` and `w` are two.
 */
export function normalName(name: string): string {
  const nul = name.indexOf("\0");
  const parts = (nul < 0 ? name : name.slice(0, nul)).replaceAll("\\", "/").split("/");
  const normal = parts.filter((part) => part !== "" && part !== ".").join("/");
  return normal.endsWith(".npy") ? normal : normal.toLowerCase();
}

/** What would go wrong if somebody used the name as a path or printed it; empty if nothing. */
export function nameProblems(name: string): string[] {
  const found: string[] = [];
  if (name.startsWith("/") || name.startsWith("\\")) found.push("is an absolute path");
  if (/^[A-Za-z]:/.test(name)) found.push("begins with a drive letter");
  if (name.split(/[/\\]/).includes("..")) found.push("climbs out of its folder");
  if (name.includes("\0")) found.push("holds a NUL, at which some readers cut it");
  // deno-lint-ignore no-control-regex -- these are what is looked for
  if (/[\x01-\x1f\x7f-\x9f]/.test(name)) found.push("holds control characters");
  return found;
}

/** The file types of Unix, in the upper half of the external attributes, that are no plain data. */
const SPECIAL_TYPES: ReadonlyMap<number, string> = new Map([
  [0x1000, "a pipe"],
  [0x2000, "a device"],
  [0x6000, "a device"],
  [0xa000, "a symbolic link"],
  [0xc000, "a socket"],
]);

/** What an entry would become on a disk if it is neither a file nor a folder. */
export function specialType(externalAttributes: number): string | undefined {
  return SPECIAL_TYPES.get((externalAttributes >>> 16) & 0xf000);
}
