/**
 * The dtypes of safetensors, and what they are called here.
 *
 * @module
 */

import { dtypeByName } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/dtype.ts";

/** Their names that are other than ours. The small floats keep theirs: their shapes count values. */
const NAMES: readonly (readonly [safetensors: string, ours: string])[] = [
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["U16", "uint16"],
  ["I16", "int16"],
  ["U32", "uint32"],
  ["I32", "int32"],
  ["U64", "uint64"],
  ["I64", "int64"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F32", "float32"],
  ["F64", "float64"],
  ["C64", "complex64"],
  ...["F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "F4", "F6_E2M3", "F6_E3M2"]
    .map((name) => [name, name] as const),
];

const BY_NAME: ReadonlyMap<string, DType> = /* @__PURE__ */ new Map(
  NAMES.map(([name, ours]) => [name, dtypeByName(ours)!]),
);

/** The dtype of a header's word; case matters. */
export function safetensorsDType(word: string): DType | undefined {
  return BY_NAME.get(word);
}
