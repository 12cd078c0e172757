/**
 * A storage that was saved by itself, as `inspect --json` prints it.
 *
 * @module
 */

import type { TorchStorage } from "../formats/torch/storages.ts";
import { dtypeByName } from "../tensor/dtype.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { verifyStorage } from "../tensor/storage.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DocumentOptions } from "./document_tensor.ts";
import type { JsonValue } from "../text/json.ts";

/** The record of one storage; the elements of an untyped one are bytes. */
export async function describeStorage(
  name: string,
  { storage, dtype }: TorchStorage,
  options: DocumentOptions,
): Promise<Map<string, JsonValue>> {
  const fields = new Map<string, JsonValue>([
    ["name", name],
    ["kind", dtype === "untyped" ? "untyped" : "typed"],
    ["dtype", dtype === "untyped" ? "uint8" : dtype],
    ["nbytes", storage.nbytes],
    ["storage", storage.id],
  ]);
  if (options.sha256) {
    await verifyStorage(storage, options.signal);
    const bytes = new Tensor({ dtype: dtypeByName("uint8")!, shape: [storage.nbytes], storage });
    fields.set("sha256", await tensorSha256(bytes, options.signal));
  }
  return fields;
}
