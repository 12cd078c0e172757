/**
 * The dtypes of safetensors, and what they are called here.
 *
 * @module
 */

import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";

/**
 * In the library's order, by which its writer sorts: the last first. The small floats are named
 * here as there, since their shapes count values.
 */
const NAMES: readonly (readonly [safetensors: string, ours: string])[] = [
  ["BOOL", "bool"],
  ["F4", "F4"],
  ["F6_E2M3", "F6_E2M3"],
  ["F6_E3M2", "F6_E3M2"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["F8_E5M2", "F8_E5M2"],
  ["F8_E4M3", "F8_E4M3"],
  ["F8_E8M0", "F8_E8M0"],
  ["F8_E4M3FNUZ", "F8_E4M3FNUZ"],
  ["F8_E5M2FNUZ", "F8_E5M2FNUZ"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["F32", "float32"],
  ["C64", "complex64"],
  ["F64", "float64"],
  ["I64", "int64"],
  ["U64", "uint64"],
];

const BY_NAME: ReadonlyMap<string, DType> = /* @__PURE__ */ new Map(
  NAMES.map(([name, ours]) => [name, dtypeByName(ours)!]),
);

/** The dtype of a header's word; case matters. */
export function safetensorsDType(word: string): DType | undefined {
  return BY_NAME.get(word);
}

/** How a dtype is written. */
export interface WrittenDType {
  /** The header's word. */
  readonly name: string;
  /** Its place in the library's order. */
  readonly rank: number;
  /** Values that a header counts for one of our elements: 2 for `float4_e2m1fn_x2`. */
  readonly lanes: number;
}

/** How a dtype is written; undefined if safetensors doesn't have it. */
export function writtenDType(dtype: DType): WrittenDType | undefined {
  const packed = dtype.name === "float4_e2m1fn_x2";
  const rank = NAMES.findIndex(([name, ours]) =>
    packed ? name === "F4" : ours === dtype.name || BY_NAME.get(name)!.twin === dtype.name
  );
  return rank < 0 ? undefined : { name: NAMES[rank]![0], rank, lanes: dtype.lanes };
}
