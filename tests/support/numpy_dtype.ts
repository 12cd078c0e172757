/**
 * numpy's dtype codes (`<f4`) in the words of the documents (`float32`).
 *
 * @module
 */

/** Names by the code's letter; the number is in bytes there and in bits here. */
const KINDS: Record<string, string> = {
  b: "bool",
  i: "int",
  u: "uint",
  f: "float",
  c: "complex",
  M: "datetime64",
  m: "timedelta64",
};

/** The document's name of a numpy dtype code. */
export function dtypeOfCode(code: string): string {
  const [, , letter, rest] = /^([<>|=])([a-zA-Z])(.*)$/.exec(code) ?? [];
  if (letter === undefined) throw new Error(`not a numpy dtype code: ${code}`);
  if (letter === "O") return "object";
  if ("SUV".includes(letter)) return code.replace(">", "<");
  if (letter === "b") return "bool";
  if (letter === "M" || letter === "m") return KINDS[letter] + rest!.replace(/^8/, "");
  return `${KINDS[letter]}${Number(rest) * 8}`;
}

/** Whether the code says that the bytes are stored big-endian. */
export function isBigEndian(code: string): boolean {
  return code.startsWith(">");
}
