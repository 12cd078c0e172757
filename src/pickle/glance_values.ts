/**
 * The values of a quick look into a pickle, which tells no more of them than a listing shows.
 *
 * @module
 */

/** A value without parts that is neither text nor an int: None, a bool, a float. */
export const LEAF: unique symbol = Symbol("leaf");

/** A list; a tuple, of which a tensor has five, is the plain array of what is in it. */
export class GlancedList {
  /** What is in it. */
  readonly items: GlancedValue[] = [];
}

/** A dict. */
export class GlancedDict {
  /** Keys and values in turn, as they were set. */
  flat: GlancedValue[] = [];
}

/** A name that is imported: module and name, joined with a dot. */
export class GlancedName {
  /** The name. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A call that nobody makes. */
export class GlancedCall {
  /** What is called. */
  readonly name: string;
  /** With what. */
  readonly args: readonly GlancedValue[];
  /** Entries that were set on its result. */
  entries: GlancedValue[] | null = null;
  constructor(name: string, args: readonly GlancedValue[]) {
    this.name = name;
    this.args = args;
  }
}

/** An object that lies outside the pickle. */
export class GlancedId {
  /** What tells it from others. */
  readonly id: GlancedValue;
  constructor(id: GlancedValue) {
    this.id = id;
  }
}

/** What the look tells apart. */
export type GlancedValue =
  | typeof LEAF
  | string
  | number
  | GlancedValue[]
  | GlancedList
  | GlancedDict
  | GlancedName
  | GlancedCall
  | GlancedId;
