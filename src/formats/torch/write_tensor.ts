/**
 * Tensors as the calls that make them in PyTorch: the reverse of `rebuild.ts`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { pyFloat, PyGlobal, PyObject, type PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { Storage } from "../../tensor/storage.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { storageClassOf, TORCH_DTYPES } from "./names.ts";

const call = (module: string, name: string, ...args: PyValue[]): PyObject =>
  new PyObject("reduce", new PyGlobal(module, name), new PyTuple(args));

const utils = (name: string, ...args: PyValue[]): PyObject => call("torch._utils", name, ...args);

/** `backward_hooks`: an empty `OrderedDict` always. */
const hooks = (): PyObject => call("collections", "OrderedDict");

/** A dtype's PyTorch name. @throws `unsupported` if PyTorch has no such dtype. */
export function torchDtype(tensor: Tensor): string {
  const { dtype } = tensor;
  const name = dtype.twin ?? dtype.name;
  if (TORCH_DTYPES.has(name)) return name;
  throw new StateDictError("unsupported", `PyTorch has no dtype ${dtype.name}`, {
    hint: "leave the tensor out, or cast it",
  });
}

/** Whether a plain array can be a tensor of PyTorch. */
export function isTorchTensor({ dtype, elements, storage, className }: Tensor): boolean {
  return !elements && storage !== null && className === null &&
    TORCH_DTYPES.has(dtype.twin ?? dtype.name);
}

/** The persistent id that stands for a storage, as the writer's caller numbers them. */
export type StorageReference = (
  storage: Storage,
  className: string,
  numel: number,
  device: string | null,
) => PyPersistent;

/** The call that makes the tensor. @throws `unsupported` for what PyTorch can't hold. */
export function tensorCall(tensor: Tensor, reference: StorageReference): PyValue {
  const made = dataCall(tensor, reference);
  const { state, className } = tensor;
  if (tensor.parameter) {
    const args = [made, tensor.requiresGrad, hooks()];
    return state === undefined
      ? utils("_rebuild_parameter", ...args)
      : utils("_rebuild_parameter_with_state", ...args, state);
  }
  if (state === undefined && className === null) return made;
  const dot = className?.lastIndexOf(".") ?? -1;
  const type = className === null
    ? new PyGlobal("torch", "Tensor")
    : new PyGlobal(className.slice(0, dot), className.slice(dot + 1));
  // How PyTorch saves a tensor with attributes, or of a class of its own.
  return call(
    "torch._tensor",
    "_rebuild_from_type_v2",
    made.callee,
    type,
    made.args,
    state ?? new PyDict(),
  );
}

function dataCall(tensor: Tensor, reference: StorageReference): PyObject {
  const shape = new PyTuple([...tensor.shape]);
  const stride = new PyTuple([...tensor.stride]);
  const { storage, offset, layout } = tensor;
  if (layout === "quantized") return quantizedCall(tensor, reference);
  if (tensor.isComposite || tensor.elements) {
    throw new StateDictError("unsupported", `A tensor of layout ${layout} can't be written anew`);
  }
  const dtype = torchDtype(tensor);
  if (!storage) {
    return utils(
      "_rebuild_meta_tensor_no_storage",
      new PyGlobal("torch", dtype),
      shape,
      stride,
      tensor.requiresGrad,
    );
  }
  // Parameters keep their flag in the call around the data.
  const requiresGrad = tensor.requiresGrad && !tensor.parameter;
  const bits = lazyBits(tensor);
  const className = storageClassOf(dtype);
  if (className !== undefined) {
    const numel = Math.floor(storage.nbytes / tensor.dtype.itemsize);
    const id = reference(storage, className, numel, tensor.device);
    const args = [id, offset, shape, stride, requiresGrad, hooks(), ...bits];
    return utils("_rebuild_tensor_v2", ...args);
  }
  const id = reference(storage, "UntypedStorage", storage.nbytes, tensor.device);
  const type = new PyGlobal("torch", dtype);
  return utils(
    "_rebuild_tensor_v3",
    id,
    offset,
    shape,
    stride,
    requiresGrad,
    hooks(),
    type,
    ...bits,
  );
}

/** `metadata`, only where a lazy bit is set. */
function lazyBits({ conj, neg }: Tensor): PyValue[] {
  if (!conj && !neg) return [];
  const flat: PyValue[] = [];
  if (conj) flat.push("conj", true);
  if (neg) flat.push("neg", true);
  return [new PyDict(flat)];
}

function quantizedCall(tensor: Tensor, reference: StorageReference): PyObject {
  const { details, parts } = tensor;
  const scheme = String(details!.get("qscheme")).replace("_float_qparams", "");
  const parameters: PyValue[] = [new PyGlobal("torch", scheme)];
  if (parts) {
    parameters.push(
      tensorCall(parts.get("scales")!, reference),
      tensorCall(parts.get("zero_points")!, reference),
      details!.get("axis")!,
    );
  } else {
    const scale = details!.get("scale")!;
    parameters.push(
      typeof scale === "number" ? pyFloat(scale) : scale,
      details!.get("zero_point")!,
    );
  }
  const storage = tensor.storage!;
  const itemsize = Math.max(1, tensor.dtype.itemsize);
  const className = storageClassOf(tensor.dtype.name)!;
  const id = reference(storage, className, storage.nbytes / itemsize, tensor.device);
  return utils(
    "_rebuild_qtensor",
    id,
    tensor.offset,
    new PyTuple([...tensor.shape]),
    new PyTuple([...tensor.stride]),
    new PyTuple(parameters),
    tensor.requiresGrad,
    hooks(),
  );
}
