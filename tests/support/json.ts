/**
 * JSON as the corpus means it: `1.0` is a float and `1` an int, and an int of any size is exact.
 *
 * @module
 */

/** A float literal whose value is whole, which a number alone would confuse with an int. */
export class WholeFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** The third argument of a reviver, which TypeScript's own library doesn't know yet. */
interface ReviverContext {
  readonly source?: string;
}

/** `JSON.parse` that keeps whole floats apart from ints ({@linkcode WholeFloat}) and big ints exact. */
export function parseExact(text: string): unknown {
  const revive = (_key: string, value: unknown, context?: ReviverContext): unknown => {
    if (typeof value !== "number") return value;
    const source = context!.source!;
    if (/[.eE]/.test(source)) return Number.isInteger(value) ? new WholeFloat(value) : value;
    return Number.isSafeInteger(value) ? value : BigInt(source);
  };
  return JSON.parse(text, revive as (key: string, value: unknown) => unknown);
}

/** The number behind a literal, int or float. */
export function plainNumber(value: unknown): unknown {
  return value instanceof WholeFloat ? value.value : value;
}

/** A short text for a message. */
export function show(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, inner) =>
      inner instanceof WholeFloat
        ? `float ${Object.is(inner.value, -0) ? "-0" : inner.value}`
        : typeof inner === "bigint"
        ? `int ${inner}`
        : inner,
  ) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}

/** How strict {@linkcode sameJson} is. */
export interface SameOptions {
  /** Whether `1.0` and `1` are the same number. */
  readonly looseNumbers?: boolean;
}

/**
 * Whether two JSON values are the same by the corpus' rules: `{"$opaque": …}` on the expected side
 * matches anything, sets have no order, an int beyond 2^53 may be a string.
 */
export function sameJson(expected: unknown, actual: unknown, options: SameOptions = {}): boolean {
  if (typeof expected === "bigint" || typeof actual === "bigint") return sameBig(expected, actual);
  if (expected instanceof WholeFloat || actual instanceof WholeFloat) {
    const alike = options.looseNumbers ||
      (expected instanceof WholeFloat && actual instanceof WholeFloat);
    return alike === true && Object.is(plainNumber(expected), plainNumber(actual));
  }
  if (typeof expected !== "object" || expected === null) return Object.is(expected, actual);
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === actual.length &&
      expected.every((item, i) => sameJson(item, actual[i], options));
  }
  if ("$opaque" in expected) return actual !== undefined;
  if (typeof actual !== "object" || actual === null || Array.isArray(actual)) return false;
  return sameObject(expected, actual, options);
}

function sameBig(expected: unknown, actual: unknown): boolean {
  const exact = (value: unknown) => typeof value === "bigint" || typeof value === "string";
  return exact(expected) && exact(actual) && String(expected) === String(actual);
}

function sameObject(expected: object, actual: object, options: SameOptions): boolean {
  const wanted = Object.entries(expected);
  const given = new Map(Object.entries(actual));
  if (wanted.length !== given.size) return false;
  return wanted.every(([key, value]) => {
    if (!given.has(key)) return false;
    const unordered = key === "$set" || key === "$frozenset";
    return unordered
      ? sameMembers(value, given.get(key), options)
      : sameJson(value, given.get(key), options);
  });
}

function sameMembers(expected: unknown, actual: unknown, options: SameOptions): boolean {
  if (!Array.isArray(expected) || !Array.isArray(actual)) return false;
  if (expected.length !== actual.length) return false;
  const left = [...actual];
  return expected.every((item) => {
    const at = left.findIndex((other) => sameJson(item, other, options));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}
