/**
 * Quantized tensors: integers, and the numbers that they stand for.
 *
 * @module
 */

import type { ReducerTable } from "../../pickle/reduce.ts";
import { pyFloat, PyGlobal, PyTuple } from "../../pickle/values.ts";
import type { PyObject, PyValue } from "../../pickle/values.ts";
import type { ReduceContext, Reducer } from "../../pickle/view.ts";
import { copyTensor } from "../../tensor/derive.ts";
import { dtypeByName } from "../../tensor/dtype.ts";
import { bytesStorage } from "../../tensor/memory.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { TensorInit } from "../../tensor/tensor.ts";
import { badCall, boolArgument, intArgument, numberArgument } from "./arguments.ts";
import { storageArgument, strided, tensorArgument, typedDtype } from "./strided.ts";

const rebuildQuantized: Reducer<PyObject> = (object, context) => {
  const [storage, offset, size, stride, parameters, requiresGrad] = object.args.items;
  if (!(parameters instanceof PyTuple)) {
    throw badCall(object, "is given no quantization parameters");
  }
  const from = storageArgument(object, storage, context);
  const plain = strided(object, typedDtype(object, from), from.storage, offset, size, stride);
  const [scheme] = parameters.items;
  if (!(scheme instanceof PyGlobal)) throw badCall(object, "is given no quantization scheme");
  const perTensor = scheme.name === "per_tensor_affine" || scheme.name === "per_tensor_symmetric";
  const facts = perTensor
    ? perTensorFacts(object, scheme.name, parameters.items)
    : perChannelFacts(object, scheme.name, parameters.items, plain.shape, context);
  const tensor = copyTensor(plain, { layout: "quantized", ...facts });
  tensor.requiresGrad = boolArgument(requiresGrad);
  return tensor;
};

type Facts = Pick<TensorInit, "details" | "parts">;

function perTensorFacts(object: PyObject, scheme: string, items: readonly PyValue[]): Facts {
  const [, scale, zeroPoint] = items;
  return {
    details: new Map<string, PyValue>([
      ["qscheme", scheme],
      ["scale", pyFloat(numberArgument(object, scale, "the scale"))],
      ["zero_point", intArgument(object, zeroPoint, "the zero point")],
    ]),
  };
}

function perChannelFacts(
  object: PyObject,
  scheme: string,
  items: readonly PyValue[],
  shape: readonly number[],
  context: ReduceContext,
): Facts {
  const axis = intArgument(object, items[3], "the axis");
  const scales = quantizationValues(object, items[1], context);
  const zeroPoints = quantizationValues(object, items[2], context);
  const channels = shape[axis];
  if (channels === undefined) {
    throw badCall(object, `has axis ${axis}, but ${shape.length} dimensions`);
  }
  for (const part of [scales, zeroPoints]) {
    if (part.shape.length !== 1 || part.shape[0] !== channels) {
      throw badCall(object, `has ${channels} channels, but ${part.numel} scales or zero points`);
    }
  }
  // torch writes per_channel_affine for float-qparams tensors too; only the zero points tell.
  const floating = scheme === "per_channel_affine" && zeroPoints.dtype.kind === "float";
  return {
    details: new Map<string, PyValue>([
      ["qscheme", floating ? "per_channel_affine_float_qparams" : scheme],
      ["axis", axis],
    ]),
    parts: new Map([["scales", scales], ["zero_points", zeroPoints]]),
  };
}

/** Scales or zero points: a tensor; old files hold a list of numbers instead. */
function quantizationValues(
  object: PyObject,
  value: PyValue | undefined,
  context: ReduceContext,
): Tensor {
  if (!Array.isArray(value)) return tensorArgument(object, value, context);
  const numbers = value.map((item) => numberArgument(object, item, "a scale or zero point"));
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer);
  return new Tensor({
    dtype: dtypeByName("float64")!,
    shape: [numbers.length],
    storage: bytesStorage(bytes, "list"),
  });
}

/** By the callee's Python 3 name. */
export const QUANTIZED_REBUILDS: ReducerTable = [
  ["torch._utils._rebuild_qtensor", rebuildQuantized],
];
