/**
 * PyTorch's names for storages, tensor classes, dtypes and qschemes, as pickles spell them.
 *
 * Sources: `torch/storage.py`, `torch/_utils.py`, `torch/_weights_only_unpickler.py` of 2.13.
 *
 * @module
 */

/** Storage classes (`torch.FloatStorage`) by the part before `Storage`, with their dtype. */
const STORAGE_DTYPES: ReadonlyMap<string, string> = new Map([
  ["Double", "float64"],
  ["Float", "float32"],
  ["Half", "float16"],
  ["BFloat16", "bfloat16"],
  ["Long", "int64"],
  ["Int", "int32"],
  ["Short", "int16"],
  ["Char", "int8"],
  ["Byte", "uint8"],
  ["Bool", "bool"],
  ["ComplexDouble", "complex128"],
  ["ComplexFloat", "complex64"],
  ["QInt8", "qint8"],
  ["QUInt8", "quint8"],
  ["QInt32", "qint32"],
  ["QUInt4x2", "quint4x2"],
  ["QUInt2x4", "quint2x4"],
]);

/** The dtypes that `torch.NAME` can be; `torch.float` and its kin never reach a pickle. */
export const TORCH_DTYPES: ReadonlySet<string> = new Set([
  ...STORAGE_DTYPES.values(),
  "complex32",
  "uint16",
  "uint32",
  "uint64",
  "float8_e4m3fn",
  "float8_e4m3fnuz",
  "float8_e5m2",
  "float8_e5m2fnuz",
  "float8_e8m0fnu",
  "float4_e2m1fn_x2",
  "bits8",
  "bits16",
  "bits1x8",
  "bits2x4",
  "bits4x2",
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`int${bits}`, `uint${bits}`]),
]);

/** The quantization schemes that `torch.NAME` can be. */
export const QSCHEMES: ReadonlySet<string> = new Set([
  "per_tensor_affine",
  "per_tensor_symmetric",
  "per_channel_affine",
  "per_channel_symmetric",
  "per_channel_affine_float_qparams",
]);

/** The dtype of a storage class; `untyped` for raw bytes; undefined for another name. */
export function storageDtype(fullName: string): string | undefined {
  if (fullName === "torch.storage.UntypedStorage" || fullName === "torch.storage._UntypedStorage") {
    return "untyped";
  }
  const match = /^torch(?:\.cuda)?\.(\w+)Storage$/.exec(fullName);
  return match ? STORAGE_DTYPES.get(match[1]!) : undefined;
}

/** The dtype of an old tensor class such as `torch.FloatTensor`; undefined for another name. */
export function tensorClassDtype(fullName: string): string | undefined {
  const match = /^torch(?:\.cuda)?\.(\w+)Tensor$/.exec(fullName);
  return match ? STORAGE_DTYPES.get(match[1]!) : undefined;
}

/** Every storage class that `torch.save` writes today, with its dtype. */
export function storageClassOf(dtype: string): string | undefined {
  for (const [prefix, name] of STORAGE_DTYPES) if (name === dtype) return `${prefix}Storage`;
  return undefined;
}
