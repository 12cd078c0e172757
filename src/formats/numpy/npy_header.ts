/**
 * The header of an array in npy form: what its elements are, and where they begin.
 *
 * `93 "NUMPY" major minor`, the header's length (two bytes in version 1, four in 2 and 3), and a
 * Python literal in latin-1 (UTF-8 in version 3). Source: `numpy/lib/format.py`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { decodeLatin1 } from "../../pickle/text.ts";
import { MAX_DIMS, MAX_EXPANDED } from "../../tensor/check.ts";
import type { StoredDType } from "../../tensor/numpy_dtype.ts";
import { decodeUtf8 } from "../../text/utf8.ts";
import { dtypeOfDescr } from "./descr.ts";
import { LiteralTuple, parseLiteral } from "./literal.ts";
import type { Literal } from "./literal.ts";

/**
 * Bytes of a header that is read. numpy itself stops at 10,000 unless it is told otherwise; a dtype
 * of a thousand fields takes 20,000.
 */
export const MAX_NPY_HEADER: number = 2 ** 16;

/** Bytes that tell the version and the length. */
const FIXED = 12;

/** What a header says. */
export interface NpyHeader {
  /** The elements' type. */
  readonly stored: StoredDType;
  /** Sizes. */
  readonly shape: readonly number[];
  /** Row-major or column-major. */
  readonly order: "C" | "F";
  /** Bytes of the elements; 0 for Python objects, which have none. */
  readonly nbytes: number;
  /** Where they begin. */
  readonly dataStart: number;
}

/**
 * Reads the header that begins a file or a member of `size` bytes.
 *
 * @param first gives the first bytes, as many as it is asked for.
 */
export async function readNpyHeader(
  size: number,
  first: (length: number) => Uint8Array | Promise<Uint8Array>,
): Promise<NpyHeader> {
  const head = await first(Math.min(size, FIXED));
  const dataStart = headerEnd(head, size);
  const bytes = (await first(dataStart)).subarray(head[6] === 1 ? 10 : FIXED);
  return parseNpyHeader(bytes, head[6]!, dataStart, size);
}

/** Where the header ends, from the first bytes; checked against the size. */
function headerEnd(head: Uint8Array, size: number): number {
  const [major, minor] = [head[6], head[7]];
  const cut = () =>
    new StateDictError("truncated", `The array ends at ${size}, inside its header`, {
      hint: "download or copy it again",
    });
  if (head.length < 10) throw cut();
  if (minor !== 0 || major === undefined || major < 1 || major > 3) {
    throw new StateDictError("unsupported", `The array is in version ${major}.${minor} of npy`, {
      offset: 6,
      hint: "versions 1.0, 2.0 and 3.0 are known",
    });
  }
  if (major > 1 && head.length < FIXED) throw cut();
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const end = (major === 1 ? 10 : FIXED) + length;
  if (end > size) throw cut();
  if (length > MAX_NPY_HEADER) {
    throw new StateDictError(
      "limit",
      `The header has ${length} bytes, more than ${MAX_NPY_HEADER}`,
      {
        offset: 8,
        hint: "save the array with fewer fields; numpy refuses such a header too",
      },
    );
  }
  return end;
}

function parseNpyHeader(
  bytes: Uint8Array,
  major: number,
  dataStart: number,
  size: number,
): NpyHeader {
  const base = dataStart - bytes.length;
  const header = parseLiteral(
    major === 3 ? decodeUtf8(bytes, { title: "The header", offset: base }) : decodeLatin1(bytes),
    base,
  );
  if (!(header instanceof Map) || [...header.keys()].sort().join() !== KEYS) {
    throw corrupt("is no dict with descr, fortran_order and shape and nothing else");
  }
  const fortran = header.get("fortran_order");
  if (typeof fortran !== "boolean") throw corrupt("has a fortran_order that is no bool");
  const sizes = sizesOf(header.get("shape"));
  const stored = dtypeOfDescr(header.get("descr"));
  if (stored.dtype.kind === "subarray") throw corrupt("has a dtype that only a field can have");
  const available = size - dataStart;
  const nbytes = stored.dtype.objects ? 0 : byteCount(sizes, stored.dtype.itemsize);
  if (nbytes > available) {
    throw new StateDictError(
      "truncated",
      `The array takes ${nbytes} bytes, but only ${available} are there`,
      { offset: dataStart, hint: "download or copy it again" },
    );
  }
  if (stored.dtype.itemsize === 0 && byteCount(sizes, 1) > MAX_EXPANDED) {
    throw new StateDictError(
      "limit",
      `The array has more than ${MAX_EXPANDED} elements without a byte`,
      { offset: base },
    );
  }
  return {
    stored,
    shape: sizes.map(Number),
    order: fortran ? "F" : "C",
    nbytes: Number(nbytes),
    dataStart,
  };
}

const KEYS = "descr,fortran_order,shape";

function corrupt(what: string): StateDictError {
  return new StateDictError("corrupt", `The header ${what}`);
}

/** The sizes, exact also beyond 2^53, as a dimension beside one of 0 may be. */
function sizesOf(shape: Literal | undefined): bigint[] {
  const sizes = shape instanceof LiteralTuple ? shape.items : undefined;
  if (!sizes?.every((size) => typeof size === "bigint" && size >= 0n && size < 2n ** 63n)) {
    throw corrupt("has a shape that is no tuple of sizes");
  }
  const inexact = sizes.find((size) => BigInt(Number(size)) !== size);
  if (sizes.length > MAX_DIMS) {
    throw new StateDictError(
      "limit",
      `The array has ${sizes.length} dimensions, more than ${MAX_DIMS}`,
    );
  }
  if (inexact === undefined) return sizes as bigint[];
  throw new StateDictError("unsupported", `The array has a dimension of ${inexact}`);
}

function byteCount(sizes: readonly bigint[], itemsize: number): bigint {
  return sizes.reduce((product, size) => product * size, BigInt(itemsize));
}
