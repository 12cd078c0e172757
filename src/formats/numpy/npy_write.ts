/**
 * The `.npy` form of one tensor.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { describeDType } from "../../tensor/numpy_dtype.ts";
import type { DTypeDescription } from "../../tensor/numpy_dtype.ts";
import type { DType } from "../../tensor/dtype.ts";

/** Data starts at a multiple of this, as numpy writes it. */
const ALIGNMENT = 64;

/**
 * The header of a C-order array; its elements follow, little-endian.
 *
 * @throws `unsupported` for a dtype that numpy doesn't have, such as `bfloat16`.
 */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const descr = pythonLiteral(numpyDescr(dtype));
  const dims = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': ${dims}, }`;
  const utf8 = new TextEncoder().encode(text);
  const latin1 = utf8.length === text.length;
  // Version 1 counts the header in 16 bits, version 3 holds names that are no latin-1.
  const version = !latin1 ? 3 : utf8.length > 65000 ? 2 : 1;
  const fixed = version === 1 ? 10 : 12;
  const padding = ALIGNMENT - 1 - (fixed + utf8.length) % ALIGNMENT;
  const header = new Uint8Array(fixed + utf8.length + padding + 1);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(header.buffer);
  const length = header.length - fixed;
  if (version === 1) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  header.set(utf8, fixed);
  header.fill(0x20, fixed + utf8.length, header.length - 1);
  header[header.length - 1] = 0x0a;
  return header;
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
      if (i === 2) return `(${(part as number[]).join(", ")},)`;
      return Array.isArray(part) && i === 0
        ? `(${part.map((one) => pythonString(String(one))).join(", ")})`
        : pythonLiteral(part);
    });
    return `(${parts.join(", ")})`;
  }
  return `[${list.map((part) => pythonLiteral(part, true)).join(", ")}]`;
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
