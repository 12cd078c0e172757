/**
 * Tensors from a program's own numbers.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { dtypeByName } from "./dtype.ts";
import { bytesStorage } from "./memory.ts";
import { countElements } from "./strides.ts";
import { Tensor } from "./tensor.ts";

/** Typed arrays whose elements say what dtype they are. */
const DTYPES: ReadonlyMap<string, string> = new Map([
  ["Float64Array", "float64"],
  ["Float32Array", "float32"],
  ["Float16Array", "float16"],
  ["BigInt64Array", "int64"],
  ["BigUint64Array", "uint64"],
  ["Int32Array", "int32"],
  ["Uint32Array", "uint32"],
  ["Int16Array", "int16"],
  ["Uint16Array", "uint16"],
  ["Int8Array", "int8"],
  ["Uint8Array", "uint8"],
]);

let made = 0;

/**
 * A tensor over a typed array, row-major; the memory is shared, not copied.
 *
 * @param dtype Another dtype of the same element size, such as `bfloat16` for a `Uint16Array`.
 * @throws `usage` if the sizes don't multiply to the array's length.
 *
 * @example
 * ```ts
 * import { tensorFrom } from "@statedict/statedict";
 *
 * const weight = tensorFrom(new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
 * console.log(weight.dtype.name, weight.toJS()); // "float32" [[1, 2, 3], [4, 5, 6]]
 * ```
 */
export function tensorFrom(
  data: ArrayBufferView<ArrayBuffer>,
  shape: readonly number[],
  dtype?: string,
): Tensor {
  const name = dtype ?? DTYPES.get(data.constructor.name);
  const type = name === undefined ? undefined : dtypeByName(name);
  if (!type || type.objects) {
    throw new StateDictError(
      "usage",
      `There is no dtype ${JSON.stringify(name ?? data.constructor.name)}`,
    );
  }
  const nbytes = countElements(shape) * type.itemsize;
  if (nbytes !== data.byteLength) {
    throw new StateDictError(
      "usage",
      `The shape [${shape.join(", ")}] takes ${nbytes} bytes, the array has ${data.byteLength}`,
    );
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Tensor({ dtype: type, shape: [...shape], storage: bytesStorage(bytes, `t${made++}`) });
}
