/**
 * Strings and numbers as a pickle spells them: the way back from `text.ts`.
 *
 * @module
 */

const encoder = new TextEncoder();

/** UTF-8 with lone surrogates let through, as Python's `surrogatepass` does. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  // What lies between two lone surrogates is ordinary text; a surrogate alone takes three bytes.
  for (let from = 0; from < text.length;) {
    const at = nextLoneSurrogate(text, from);
    length += encoder.encodeInto(text.slice(from, at), bytes.subarray(length)).written;
    if (at < text.length) {
      const code = text.charCodeAt(at);
      bytes[length++] = 0xe0 | code >> 12;
      bytes[length++] = 0x80 | code >> 6 & 0x3f;
      bytes[length++] = 0x80 | code & 0x3f;
    }
    from = at + 1;
  }
  return bytes.slice(0, length);
}

function nextLoneSurrogate(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    else if (code >= 0xd800 && code <= 0xdfff) return i;
  }
  return text.length;
}

/** The UTF-8 of the text whose code points are these bytes. */
export function latin1ToUtf8(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let high = 0;
  for (let i = 0; i < bytes.length; i++) high += bytes[i]! >> 7;
  const utf8 = new Uint8Array(bytes.length + high);
  if (high === 0) {
    utf8.set(bytes);
    return utf8;
  }
  for (let i = 0, to = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x80) utf8[to++] = byte;
    else {
      utf8[to++] = 0xc0 | byte >> 6;
      utf8[to++] = 0x80 | byte & 0x3f;
    }
  }
  return utf8;
}

/** What raw-unicode-escape can't leave as it is: NUL, newline, CR, ^Z and the backslash itself. */
// deno-lint-ignore no-control-regex -- control characters are what it is about
const ESCAPED = /[\0\n\r\x1a\\\u0100-\u{10ffff}]/gu;

/** The argument of UNICODE: latin-1 with `\uXXXX` and `\UXXXXXXXX` for all else. */
export function encodeRawUnicodeEscape(text: string): Uint8Array<ArrayBuffer> {
  const escaped = text.replace(ESCAPED, (character) => {
    const code = character.codePointAt(0)!;
    const hex = code.toString(16);
    return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
  const bytes = new Uint8Array(escaped.length);
  for (let i = 0; i < escaped.length; i++) bytes[i] = escaped.charCodeAt(i);
  return bytes;
}

/** Python's `repr` of a float. */
export function floatRepr(value: number): string {
  if (value !== value) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  // Python goes over to exponents below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21.
  if (power >= -4 && power < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** The fewest little-endian two's complement bytes of a nonzero int. */
export function encodeLong(value: bigint): Uint8Array<ArrayBuffer> {
  const magnitude = (value < 0n ? -value - 1n : value).toString(16);
  const bits = 4 * magnitude.length - Math.clz32(parseInt(magnitude[0]!, 16)) + 28;
  const length = (bits >> 3) + 1;
  const hex = BigInt.asUintN(8 * length, value).toString(16).padStart(2 * length, "0");
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = 2 * (length - 1 - i);
    bytes[i] = parseInt(hex.slice(at, at + 2), 16);
  }
  return bytes;
}
