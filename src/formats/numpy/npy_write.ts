/**
 * The `.npy` form of one tensor.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { encodeLatin1 } from "../../pickle/text.ts";
import { describeDType } from "../../tensor/numpy_dtype.ts";
import type { DTypeDescription } from "../../tensor/numpy_dtype.ts";
import type { DType } from "../../tensor/dtype.ts";

/** Data starts at a multiple of this, as numpy writes it. */
const ALIGNMENT = 64;

/** Digits for which numpy leaves room, so that the first dimension can grow in place. */
const GROWTH_DIGITS = 21;

/** Versions in the order in which numpy tries them: bytes before the header, its longest, encoding. */
const VERSIONS = [
  { version: 1, fixed: 10, longest: 0xffff, latin1: true },
  { version: 2, fixed: 12, longest: 0xffffffff, latin1: true },
  { version: 3, fixed: 12, longest: 0xffffffff, latin1: false },
] as const;

/**
 * The header of a C-order array, byte for byte as numpy writes it; its elements follow,
 * little-endian.
 *
 * @throws `unsupported` for a dtype that numpy doesn't have, such as `bfloat16`.
 */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const descr = pythonLiteral(numpyDescr(dtype));
  const dims = sizesText(shape);
  const growth = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${dims}, }${
    " ".repeat(growth)
  }`;
  const encoded = encodeLatin1(text);
  for (const { version, fixed, longest, latin1 } of VERSIONS) {
    const bytes = latin1 ? encoded : new TextEncoder().encode(text);
    if (!bytes) continue;
    const padding = ALIGNMENT - (fixed + bytes.length + 1) % ALIGNMENT;
    const length = bytes.length + 1 + padding;
    if (length > longest) continue;
    const header = new Uint8Array(fixed + length).fill(0x20);
    header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
    const view = new DataView(header.buffer);
    if (version === 1) view.setUint16(8, length, true);
    else view.setUint32(8, length, true);
    header.set(bytes, fixed);
    header[header.length - 1] = 0x0a;
    return header;
  }
  throw new StateDictError("limit", `The header takes ${text.length} characters, more than 2^32`);
}

/** numpy's description of a dtype. */
export function numpyDescr(dtype: DType): DTypeDescription {
  if (dtype.fields !== null) return describeDType(dtype);
  if (dtype.numpy !== null && !dtype.objects) return dtype.numpy;
  throw new StateDictError("unsupported", `numpy has no dtype ${dtype.name}`, {
    hint: "cast it (--dtype float32), or write safetensors",
  });
}

/** A description as Python writes it; fields are tuples. */
function pythonLiteral(value: DTypeDescription, inList = false): string {
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") return String(value);
  if (!Array.isArray(value)) {
    throw new StateDictError("unsupported", "A dtype with overlapping fields has no .npy form");
  }
  const list = value as readonly DTypeDescription[];
  if (inList) {
    const parts = list.map((part, i) => {
      if (i === 2) return sizesText(part as number[]);
      return Array.isArray(part) && i === 0
        ? `(${part.map((one) => pythonString(String(one))).join(", ")})`
        : pythonLiteral(part);
    });
    return `(${parts.join(", ")})`;
  }
  return `[${list.map((part) => pythonLiteral(part, true)).join(", ")}]`;
}

function sizesText(sizes: readonly number[]): string {
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(", ")})`;
}

function pythonString(text: string): string {
  let quoted = "'";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (character === "\\" || character === "'") quoted += `\\${character}`;
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, "0")}`;
    else quoted += character;
  }
  return `${quoted}'`;
}
