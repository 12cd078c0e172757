/**
 * The 68 opcodes of pickle as data: what the machine, the writer, the disassembler and the scanner
 * all read.
 *
 * @module
 */

/** The byte of each opcode, by the name that Python's `pickletools` gives it. */
export const Op = {
  MARK: 0x28,
  STOP: 0x2e,
  POP: 0x30,
  POP_MARK: 0x31,
  DUP: 0x32,
  FLOAT: 0x46,
  INT: 0x49,
  BININT: 0x4a,
  BININT1: 0x4b,
  LONG: 0x4c,
  BININT2: 0x4d,
  NONE: 0x4e,
  PERSID: 0x50,
  BINPERSID: 0x51,
  REDUCE: 0x52,
  STRING: 0x53,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  UNICODE: 0x56,
  BINUNICODE: 0x58,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  DICT: 0x64,
  EMPTY_DICT: 0x7d,
  APPENDS: 0x65,
  GET: 0x67,
  BINGET: 0x68,
  INST: 0x69,
  LONG_BINGET: 0x6a,
  LIST: 0x6c,
  EMPTY_LIST: 0x5d,
  OBJ: 0x6f,
  PUT: 0x70,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  EMPTY_TUPLE: 0x29,
  SETITEMS: 0x75,
  BINFLOAT: 0x47,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  EXT1: 0x82,
  EXT2: 0x83,
  EXT4: 0x84,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  NEWOBJ_EX: 0x92,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
  BYTEARRAY8: 0x96,
  NEXT_BUFFER: 0x97,
  READONLY_BUFFER: 0x98,
} as const;

/** The name of an opcode. */
export type OpName = keyof typeof Op;

/**
 * How an opcode's argument lies in the stream.
 *
 * - `u1` … `u8`, `i4`: a little-endian number; `f8`: a big-endian double.
 * - `…-line`: text up to a newline; `name-lines`: two of them, module and name.
 * - `…-u1`, `…-u4`, `…-i4`, `…-u8`: a length of that kind, then that many bytes; `int` is two's
 *   complement, `utf8` may hold lone surrogates, `string` is Python 2's byte string.
 */
export type ArgumentKind =
  | "none"
  | "u1"
  | "u2"
  | "u4"
  | "u8"
  | "i4"
  | "f8"
  | "int-line"
  | "long-line"
  | "float-line"
  | "quoted-line"
  | "unicode-line"
  | "id-line"
  | "index-line"
  | "name-lines"
  | "int-u1"
  | "int-i4"
  | "utf8-u1"
  | "utf8-u4"
  | "utf8-u8"
  | "bytes-u1"
  | "bytes-u4"
  | "bytes-u8"
  | "string-u1"
  | "string-i4";

/** One opcode. */
export interface Opcode {
  /** Its byte. */
  readonly byte: number;
  /** Its name. */
  readonly name: OpName;
  /** The protocol in which picklers began to write it; readers take it under any. */
  readonly protocol: number;
  /** What follows it in the stream. */
  readonly argument: ArgumentKind;
  /** What it takes from the stack, top last; `mark …` is everything above the topmost mark. */
  readonly before: string;
  /** What it leaves there instead. */
  readonly after: string;
  /** What it does, in one clause. */
  readonly doc: string;
}

type Row = readonly [
  protocol: number,
  argument: ArgumentKind,
  before: string,
  after: string,
  doc: string,
];

const ROWS: Readonly<Record<OpName, Row>> = {
  MARK: [0, "none", "", "mark", "opens a slice"],
  STOP: [0, "none", "value", "", "ends the pickle with its value"],
  POP: [0, "none", "any", "", "drops the top"],
  POP_MARK: [1, "none", "mark …", "", "drops a slice"],
  DUP: [0, "none", "any", "any any", "repeats the top"],
  FLOAT: [0, "float-line", "", "float", "a float as text"],
  INT: [0, "int-line", "", "int", "an int as text; 00 and 01 are the bools"],
  BININT: [1, "i4", "", "int", "a signed int of four bytes"],
  BININT1: [1, "u1", "", "int", "an int of one byte"],
  LONG: [0, "long-line", "", "int", "an int as text with an L behind"],
  BININT2: [1, "u2", "", "int", "an int of two bytes"],
  NONE: [0, "none", "", "None", "None"],
  PERSID: [0, "id-line", "", "any", "an object outside the pickle, by a text"],
  BINPERSID: [1, "none", "any", "any", "an object outside the pickle, by any value"],
  REDUCE: [0, "none", "callable tuple", "any", "calls a callable"],
  STRING: [0, "quoted-line", "", "str or bytes", "a Python 2 string as a literal"],
  BINSTRING: [1, "string-i4", "", "str or bytes", "a Python 2 string"],
  SHORT_BINSTRING: [1, "string-u1", "", "str or bytes", "a short Python 2 string"],
  UNICODE: [0, "unicode-line", "", "str", "text with \\u escapes"],
  BINUNICODE: [1, "utf8-u4", "", "str", "text"],
  APPEND: [0, "none", "list any", "list", "appends one item"],
  BUILD: [0, "none", "object state", "object", "gives an object its state"],
  GLOBAL: [0, "name-lines", "", "any", "a class or function by module and name"],
  DICT: [0, "none", "mark …", "dict", "a dict from a slice of keys and values"],
  EMPTY_DICT: [1, "none", "", "dict", "an empty dict"],
  APPENDS: [1, "none", "list mark …", "list", "appends a slice"],
  GET: [0, "index-line", "", "any", "fetches from the memo"],
  BINGET: [1, "u1", "", "any", "fetches from the memo"],
  INST: [0, "name-lines", "mark …", "object", "an instance from a named class and a slice"],
  LONG_BINGET: [1, "u4", "", "any", "fetches from the memo"],
  LIST: [0, "none", "mark …", "list", "a list from a slice"],
  EMPTY_LIST: [1, "none", "", "list", "an empty list"],
  OBJ: [1, "none", "mark class …", "object", "an instance from a class and a slice"],
  PUT: [0, "index-line", "any", "any", "stores the top in the memo"],
  BINPUT: [1, "u1", "any", "any", "stores the top in the memo"],
  LONG_BINPUT: [1, "u4", "any", "any", "stores the top in the memo"],
  SETITEM: [0, "none", "dict key value", "dict", "sets one entry"],
  TUPLE: [0, "none", "mark …", "tuple", "a tuple from a slice"],
  EMPTY_TUPLE: [1, "none", "", "tuple", "an empty tuple"],
  SETITEMS: [1, "none", "dict mark …", "dict", "sets entries from a slice of keys and values"],
  BINFLOAT: [1, "f8", "", "float", "a float of eight bytes"],
  BINBYTES: [3, "bytes-u4", "", "bytes", "bytes"],
  SHORT_BINBYTES: [3, "bytes-u1", "", "bytes", "up to 255 bytes"],
  PROTO: [2, "u1", "", "", "states the protocol"],
  NEWOBJ: [2, "none", "class tuple", "object", "calls cls.__new__"],
  EXT1: [2, "u1", "", "any", "a class by its extension code"],
  EXT2: [2, "u2", "", "any", "a class by its extension code"],
  EXT4: [2, "i4", "", "any", "a class by its extension code"],
  TUPLE1: [2, "none", "any", "tuple", "a tuple of the top"],
  TUPLE2: [2, "none", "any any", "tuple", "a tuple of the top two"],
  TUPLE3: [2, "none", "any any any", "tuple", "a tuple of the top three"],
  NEWTRUE: [2, "none", "", "bool", "True"],
  NEWFALSE: [2, "none", "", "bool", "False"],
  LONG1: [2, "int-u1", "", "int", "an int of up to 255 bytes"],
  LONG4: [2, "int-i4", "", "int", "a long int"],
  SHORT_BINUNICODE: [4, "utf8-u1", "", "str", "text of up to 255 bytes"],
  BINUNICODE8: [4, "utf8-u8", "", "str", "text of any length"],
  BINBYTES8: [4, "bytes-u8", "", "bytes", "bytes of any length"],
  EMPTY_SET: [4, "none", "", "set", "an empty set"],
  ADDITEMS: [4, "none", "set mark …", "set", "adds a slice"],
  FROZENSET: [4, "none", "mark …", "frozenset", "a frozenset from a slice"],
  NEWOBJ_EX: [4, "none", "class tuple dict", "object", "calls cls.__new__ with keywords"],
  STACK_GLOBAL: [4, "none", "str str", "any", "a class or function by two texts on the stack"],
  MEMOIZE: [4, "none", "any", "any", "stores the top in the memo at the next index"],
  FRAME: [4, "u8", "", "", "says that so many bytes belong together"],
  BYTEARRAY8: [5, "bytes-u8", "", "bytearray", "a bytearray"],
  NEXT_BUFFER: [5, "none", "", "buffer", "the next buffer outside the pickle"],
  READONLY_BUFFER: [5, "none", "buffer", "buffer", "makes the top buffer read-only"],
};

/** All opcodes, in the order of {@linkcode Op}. */
export const OPCODES: readonly Opcode[] = (Object.keys(Op) as OpName[]).map((name) => {
  const [protocol, argument, before, after, doc] = ROWS[name];
  return { byte: Op[name], name, protocol, argument, before, after, doc };
});

const BY_BYTE: (Opcode | undefined)[] = new Array(256).fill(undefined);
for (const opcode of OPCODES) BY_BYTE[opcode.byte] = opcode;

/** The opcode of a byte, or undefined if the byte is none. */
export function opcodeOf(byte: number): Opcode | undefined {
  return BY_BYTE[byte];
}
