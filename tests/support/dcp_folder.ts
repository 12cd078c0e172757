/**
 * Distributed checkpoints made by hand: one file of items, and their catalogue.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memorySink } from "../../src/io/sink.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { PyGlobal, PyObject, PyTuple } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";
import { createZipWriter } from "../../src/zip/writer.ts";

const METADATA = "torch.distributed.checkpoint.metadata";

function instance(module: string, name: string, ...state: PyValue[]): PyObject {
  const object = new PyObject("newobj", new PyGlobal(module, name), new PyTuple([]));
  if (state.length > 0) {
    object.states = [state[0] instanceof PyTuple ? state[0] : new PyDict(state)];
  }
  return object;
}

const size = (...dims: number[]): PyObject =>
  new PyObject("reduce", new PyGlobal("torch", "Size"), new PyTuple([new PyTuple(dims)]));

/** A value, and the sizes of the float32 tensor that it is told to be, if it is told to be one. */
export interface MadeItem {
  readonly value: PyValue;
  readonly sizes?: readonly number[];
  /** What its only storage holds. */
  readonly data?: Uint8Array<ArrayBuffer>;
  /** What is said of its place beside file, offset and length. */
  readonly place?: readonly PyValue[];
}

/** Writes a checkpoint of these items into a folder. */
export async function writeDcp(folder: string, items: Record<string, MadeItem>): Promise<void> {
  const listed: PyValue[] = [];
  const stored: PyValue[] = [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { value, sizes, data, place = [] }] of Object.entries(items)) {
    const bytes = await torchFile(value, data);
    const start = sizes?.map(() => 0);
    listed.push(name, sizes ? tensor(sizes) : instance(METADATA, "BytesStorageMetadata"));
    stored.push(
      instance(METADATA, "MetadataIndex", "fqn", name, "offset", start ? size(...start) : null),
      instance(
        "torch.distributed.checkpoint.filesystem",
        "_StorageInfo",
        ...["relative_path", "__0_0.distcp", "offset", offset, "length", bytes.length, ...place],
      ),
    );
    pieces.push(bytes);
    offset += bytes.length;
  }
  const catalogue = instance(
    METADATA,
    "Metadata",
    ...["state_dict_metadata", new PyDict(listed), "storage_data", new PyDict(stored)],
  );
  writeFileSync(join(folder, ".metadata"), pickleBytes(catalogue));
  writeFileSync(join(folder, "__0_0.distcp"), Buffer.concat(pieces));
}

function tensor(sizes: readonly number[]): PyObject {
  const offsets = sizes.map(() => 0);
  const chunk = instance(
    METADATA,
    "ChunkStorageMetadata",
    ...["offsets", size(...offsets), "sizes", size(...sizes)],
  );
  const properties = new PyTuple([new PyGlobal("torch", "float32")]);
  return instance(
    METADATA,
    "TensorStorageMetadata",
    ...["properties", instance(METADATA, "TensorProperties", properties)],
    ...["size", size(...sizes), "chunks", [chunk]],
  );
}

/** What `torch.save` makes of a value. */
async function torchFile(
  value: PyValue,
  data: Uint8Array<ArrayBuffer> | undefined,
): Promise<Uint8Array> {
  const sink = memorySink();
  const zip = createZipWriter(sink);
  const pickle = pickleBytes(value);
  await zip.add("archive/data.pkl", pickle.length, pickle);
  if (data) await zip.add("archive/data/0", data.length, data);
  const version = new TextEncoder().encode("3\n");
  await zip.add("archive/version", version.length, version);
  await zip.finish();
  return sink.bytes();
}
