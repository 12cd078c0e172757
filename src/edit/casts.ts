/**
 * Which tensors get which dtype: rules `DTYPE` or `GLOB=DTYPE`, the last one that fits.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { canCast } from "../tensor/cast.ts";
import { copyTensor } from "../tensor/derive.ts";
import { castTensor } from "../tensor/derive_cast.ts";
import type { CastCounts } from "../tensor/derive_cast.ts";
import { dtypeByName, isReal } from "../tensor/dtype.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Storage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compileGlobs } from "./glob.ts";
import type { UnusedRules } from "./watch.ts";

/** Short names that people write. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["f64", "float64"],
  ["f32", "float32"],
  ["f16", "float16"],
  ["fp16", "float16"],
  ["half", "float16"],
  ["bf16", "bfloat16"],
  ["fp32", "float32"],
  ["fp64", "float64"],
  ["fp8", "float8_e4m3fn"],
  ["f8", "float8_e4m3fn"],
]);

/** One rule. */
export interface CastRule {
  /** Which names. */
  readonly fits: (name: string) => boolean;
  /** Whether a glob names them: without one only floats are cast, so that counters stay ints. */
  readonly named: boolean;
  /** The dtype they get. */
  readonly dtype: DType;
}

/** A tensor that was cast. */
export interface CastDone {
  /** Its path before other edits. */
  readonly path: string;
  /** The dtype it had. */
  readonly from: string;
  /** The dtype it has. */
  readonly to: string;
  /** What rounding did, once its bytes have been read. */
  readonly counts: CastCounts;
}

/** Reads `bfloat16` or `**.norm.*=float32`. */
export function parseCast(text: string): CastRule {
  const split = text.lastIndexOf("=");
  const word = text.slice(split + 1).toLowerCase();
  const dtype = dtypeByName(SHORT.get(word) ?? word);
  if (!dtype || !isReal(dtype) || dtype.kind === "quantized") {
    throw new StateDictError("usage", `${JSON.stringify(word)} is no dtype to cast to`, {
      hint: "such as float32, float16, bfloat16, float8_e4m3fn or int64",
    });
  }
  return {
    fits: split > 0 ? compileGlobs([text.slice(0, split)]) : () => true,
    named: split > 0,
    dtype,
  };
}

/** Applies the rules to a tensor; `done` is told of a cast. */
function castByRules(
  rules: readonly CastRule[],
  path: string,
  tensor: Tensor,
  done: (cast: CastDone) => void,
): Tensor {
  let rule: CastRule | undefined;
  for (const one of rules) {
    if (one.fits(path) && (one.named || tensor.dtype.kind === "float")) rule = one;
  }
  if (!rule || rule.dtype.name === tensor.dtype.name) return tensor;
  if (tensor.layout !== "strided" || !tensor.storage || !canCast(tensor.dtype, rule.dtype)) {
    if (!rule.named) return tensor;
    throw new StateDictError(
      "unsupported",
      `Tensor ${
        JSON.stringify(path)
      } of ${tensor.dtype.name}, ${tensor.layout}, can't be cast to ${rule.dtype.name}`,
      { hint: "leave it out of the --dtype rule" },
    );
  }
  const counts = { overflow: 0, underflow: 0 };
  done({ path, from: tensor.dtype.name, to: rule.dtype.name, counts });
  return castTensor(tensor, rule.dtype, counts);
}

/** Casts equal views of one storage once, so that tied tensors stay tied. */
export function caster(
  texts: readonly string[],
  casts: CastDone[],
  unused: UnusedRules,
): (path: string, tensor: Tensor) => Tensor {
  const rules = texts.map((text) => {
    const used = unused.watch("dtype", text);
    const rule = parseCast(text);
    const fits = (path: string) => {
      const found = rule.fits(path);
      if (found) used();
      return found;
    };
    return { ...rule, fits };
  });
  const made = new Map<Storage, Map<string, Tensor>>();
  return (path, tensor) => {
    if (rules.length === 0 || !tensor.storage) return tensor;
    let done: CastDone | undefined;
    const cast = castByRules(rules, path, tensor, (one) => done = one);
    if (!done) return cast;
    const views = made.get(tensor.storage) ?? new Map<string, Tensor>();
    made.set(tensor.storage, views);
    const key = `${done.to} ${tensor.dtype.name} ${tensor.offset} ${tensor.shape} ${tensor.stride}`;
    const first = views.get(key);
    if (first) return copyTensor(cast, { storage: first.storage });
    casts.push(done);
    views.set(key, cast);
    return cast;
  };
}
