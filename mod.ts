/**
 * Opens, checks, edits and writes machine-learning model-state files in Deno, Bun, Node and the
 * browser. No Python, and nothing that a file says is ever run.
 *
 * @example Load the weights of a PyTorch checkpoint
 * ```ts
 * import { loadStateDict } from "@statedict/statedict";
 *
 * const weights = await loadStateDict("fixtures/torch/checkpoint.pt", { root: "model" });
 * for (const [name, tensor] of weights) console.log(name, tensor.shape, tensor.data);
 * ```
 *
 * @module
 */

export { isStateDictError, StateDictError } from "./src/errors.ts";
export type { ErrorCode, ErrorDetails, GlobalReference } from "./src/errors.ts";
export { blobSource, bytesSource } from "./src/io/source.ts";
export type { ByteSource } from "./src/io/source.ts";
export { httpSource } from "./src/io/http/source.ts";
export type { HttpOptions } from "./src/io/http/options.ts";
export type { AddressRules } from "./src/io/http/address.ts";
export type { ByteSink } from "./src/io/sink.ts";
export { Checkpoint } from "./src/checkpoint/checkpoint.ts";
export type { CheckpointChanges, Shard } from "./src/checkpoint/checkpoint.ts";
export type { Input } from "./src/checkpoint/input.ts";
export { openCheckpoint } from "./src/checkpoint/open.ts";
export type { AllowedName, OpenOptions } from "./src/checkpoint/open.ts";
export { loadStateDict } from "./src/checkpoint/load.ts";
export type { LoadOptions } from "./src/checkpoint/load.ts";
export { planSave, saveCheckpoint, saveStateDict } from "./src/checkpoint/save.ts";
export type { SaveOptions, SavePlan } from "./src/checkpoint/save.ts";
export type { Output } from "./src/checkpoint/output.ts";
export { dump, dumps, load, loads } from "./src/checkpoint/plain.ts";
export type { DumpOptions, DumpsOptions, LoadsOptions } from "./src/checkpoint/plain.ts";
export { toJS } from "./src/checkpoint/to_js.ts";
export type { InertObject } from "./src/checkpoint/to_js.ts";
export type { OutlineEntry } from "./src/checkpoint/outline.ts";
export type { FileGlobal } from "./src/formats/format.ts";
export type { LeftOut, WriteReport } from "./src/formats/writer.ts";
export { editCheckpoint } from "./src/edit/edit.ts";
export type { Edited, Edits, TreeSize } from "./src/edit/edit.ts";
export type { CastDone } from "./src/edit/casts.ts";
export type { RenameRule, Renaming } from "./src/edit/rename.ts";
export type { EditRule } from "./src/edit/watch.ts";
export { mergeCheckpoints } from "./src/edit/merge.ts";
export { compareCheckpoints } from "./src/edit/compare.ts";
export type { Difference, Distance, Tolerance } from "./src/edit/compare.ts";
export { verifyCheckpoint } from "./src/checkpoint/verify.ts";
export type { Finding, VerifyOptions } from "./src/checkpoint/verify.ts";
export { digestCheckpoint } from "./src/checkpoint/digest.ts";
export type { CheckpointDigest, DigestOptions } from "./src/checkpoint/digest.ts";
export { scan } from "./src/scan/scan.ts";
export type { ScanOptions } from "./src/scan/scan.ts";
export { scanFolder } from "./src/scan/folder.ts";
export type { FolderResult } from "./src/scan/folder.ts";
export type { ScanFinding, ScanGlobal, ScanReport, SkippedFile } from "./src/scan/report.ts";
export type { ScanLimits } from "./src/scan/budget.ts";
export type { GlobalTag } from "./src/pickle/judge.ts";
export type { Verdict } from "./src/scan/verdict.ts";
export { tensorFrom } from "./src/tensor/from.ts";
export { Tensor } from "./src/tensor/tensor.ts";
export type { TensorLayout } from "./src/tensor/tensor.ts";
export type { ChunkOptions } from "./src/tensor/chunks.ts";
export type { MaterializeOptions } from "./src/tensor/bytes.ts";
export type { HalfArray, TensorData } from "./src/tensor/materialize.ts";
export { tensorStats } from "./src/tensor/stats.ts";
export type { TensorStats } from "./src/tensor/stats.ts";
export { tensorHistogram } from "./src/tensor/histogram.ts";
export { tensorSha256 } from "./src/tensor/hash.ts";
export type { CastCounts } from "./src/tensor/derive_cast.ts";
export type { TensorJS } from "./src/tensor/to_js.ts";
export type { ByteOrder, DType, DTypeKind, Field } from "./src/tensor/dtype.ts";
export type { FloatFormat, FloatSpecials } from "./src/tensor/float_format.ts";
export type { Storage, StoragePlace, VerifyStorage } from "./src/tensor/storage.ts";
export type { PickleLimits } from "./src/pickle/limits.ts";
export type { StringEncoding } from "./src/pickle/machine_types.ts";
export { PyDict, PySet } from "./src/pickle/dict.ts";
export {
  PyBytes,
  PyExtension,
  PyFloat,
  PyForeign,
  PyGlobal,
  PyObject,
  PyPersistent,
  PyTuple,
} from "./src/pickle/values.ts";
export type { ByteSpan, PyObjectForm, PyValue } from "./src/pickle/values.ts";
