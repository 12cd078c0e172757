/**
 * The order in which Python and Rust sort text.
 *
 * @module
 */

/**
 * Compares by code points, as Python and Rust do. JavaScript compares UTF-16 units, in which U+10000
 * and above come before U+E000.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A unit's place among the others: surrogates stand for the code points above all of them. */
function rank(unit: number): number {
  return (unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit;
}
