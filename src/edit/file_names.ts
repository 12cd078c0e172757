/**
 * File names for tensors. A tensor's name is never a path: the file's name is built from characters
 * that are harmless on every system, so that no name can leave the folder, hide, or be a device.
 *
 * @module
 */

/** Bytes of UTF-8; with `~12`, an extension and a temporary suffix it stays under the usual 255. */
const MAX_BYTES = 180;

/** What stands as it is: letters of any script that a screen shows, digits and three signs. */
const KEPT = /^(?:[A-Za-z0-9._-]|(?!\p{Default_Ignorable_Code_Point})\p{L})$/u;

/** What Windows takes for a device, whatever extension follows. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;

/**
 * A file name (without extension) for a tensor's name: NFC, everything but letters, digits, `.`,
 * `_` and `-` as `%XXXX` (UTF-16), no leading dot or dash, no trailing dot, no device name. Long
 * names are cut and end in a hash of the whole.
 */
export function safeFileName(name: string): string {
  const characters = [...name.normalize("NFC")];
  const last = characters.length - 1;
  const parts = characters.map((character, i) => {
    const atEdge = (i === 0 && /[.-]/.test(character)) || (i === last && character === ".");
    return KEPT.test(character) && !atEdge ? character : percent(character);
  });
  const safe = parts.join("") || "_";
  // Some file systems fold full-width letters to ASCII, which makes a device of ＣＯＮ.
  const stem = safe.split(".", 1)[0]!.normalize("NFKC");
  const whole = DEVICE.test(stem) ? `_${safe}` : safe;
  return utf8Length(whole) <= MAX_BYTES ? whole : shorten(whole, name);
}

/**
 * A file name for each of several tensor names, no two of which are one file on a system that
 * ignores case or composition: the second of two equal ones ends in `~2`. The caller keeps the true
 * names in an index beside the files; `reserved` are names that are taken already, as that index's.
 */
export function uniqueFileNames(
  names: Iterable<string>,
  reserved: Iterable<string> = [],
): Map<string, string> {
  const taken = new Set<string>();
  for (const name of reserved) taken.add(fold(name));
  const tries = new Map<string, number>();
  const files = new Map<string, string>();
  for (const name of names) {
    if (files.has(name)) continue;
    const safe = safeFileName(name);
    const folded = fold(safe);
    let file = safe;
    let number = tries.get(folded) ?? 1;
    while (taken.has(fold(file))) file = `${safe}~${++number}`;
    tries.set(folded, number);
    taken.add(fold(file));
    files.set(name, file);
  }
  return files;
}

/** Equal for names that some file system takes for one: case folding and NFKC. */
function fold(name: string): string {
  // Upper first: ß is SS, and the two lower sigmas are one.
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

function percent(character: string): string {
  let escapes = "";
  for (let i = 0; i < character.length; i++) {
    escapes += `%${character.charCodeAt(i).toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return escapes;
}

/** As much of a safe name as fits, and a hash of the name it was made from. */
function shorten(safe: string, name: string): string {
  // `~` is in no safe name, so a cut name equals no whole one.
  const suffix = `~${hash(name)}`;
  const room = MAX_BYTES - suffix.length;
  let kept = "";
  let bytes = 0;
  for (const [part] of safe.matchAll(/%[0-9A-F]{4}|./gsu)) {
    bytes += utf8Length(part);
    if (bytes > room) break;
    kept += part;
  }
  return kept + suffix;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** FNV-1a of 64 bits over UTF-16. It tells names apart; `~2` settles the rest. */
function hash(name: string): string {
  let value = 0xcbf29ce484222325n;
  for (let i = 0; i < name.length; i++) {
    value = BigInt.asUintN(64, (value ^ BigInt(name.charCodeAt(i))) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, "0");
}
