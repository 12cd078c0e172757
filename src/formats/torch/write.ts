/**
 * The zip container, written as `torch.save` of 2.13 lays it out.
 *
 * Nodes that came from a torch file are written as they were, only with their storages counted
 * anew; tensors of other formats are written as the calls that make them.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyGlobal, PyPersistent, PyTuple } from "../../pickle/values.ts";
import type { ByteSpan, PyForeign, PyValue } from "../../pickle/values.ts";
import { pickleBytes, writePickle } from "../../pickle/writer.ts";
import type { WriteOptions } from "../../pickle/writer.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { createZipWriter } from "../../zip/writer.ts";
import type { FormatWriter } from "../writer.ts";
import { loadSpans } from "../pickle/chunks.ts";
import { isStorageLoad } from "../pickle/storage_loads.ts";
import { ARRAY_CALL, arrayMaker, isNumpyClass } from "../pickle/write.ts";
import { plainlyHeld } from "./plainly_held.ts";
import { storageBytes } from "../storage_bytes.ts";
import { TorchStorage } from "./storages.ts";
import { storageClassOf } from "./names.ts";
import { isTorchTensor, tensorCall } from "./write_tensor.ts";
import type { StorageReference } from "./write_tensor.ts";

/** What the short records say: storages in numeric order, 64-byte alignment, format version 3. */
const RECORDS_BEFORE = [[".format_version", "1"], [".storage_alignment", "64"], [
  "byteorder",
  "little",
]];

/** A protocol that can leave byte strings where they lie. */
const SPANS_PROTOCOL = 4;

/** Numbers storages in the order of their first use, as torch does. */
class StorageNumbers {
  /** The storages, in order: the place is the key. */
  readonly storages: Storage[] = [];
  private readonly keys = new Map<Storage, string>();

  key(storage: Storage): string {
    let key = this.keys.get(storage);
    if (key === undefined) {
      key = String(this.storages.length);
      this.keys.set(storage, key);
      this.storages.push(storage);
    }
    return key;
  }
}

/** Writes `.pt` archives. */
export const TORCH_WRITER: FormatWriter = {
  async write({ value, reduce, origin }, sink, options) {
    const numbers = new StorageNumbers();
    const fresh = new Map<PyPersistent, PyValue>();
    const contents = new Map<ByteSpan, Tensor>();
    const arrayOf = arrayMaker(contents);
    const reference: StorageReference = (storage, className, numel, device) => {
      const module = className === "UntypedStorage" ? "torch.storage" : "torch";
      const id = new PyPersistent(null);
      const cls = new PyGlobal(module, className);
      const location = storage.device ?? device ?? "cpu";
      fresh.set(id, new PyTuple(["storage", cls, numbers.key(storage), location, numel]));
      return id;
    };
    // Arrays of numpy in a file of PyTorch were saved as such; from elsewhere they become tensors,
    // but for those inside objects, whose classes ask for arrays.
    const keepsArrays = origin === null || origin === "json" || origin.startsWith("torch");
    const held = keepsArrays ? undefined : plainlyHeld(value, reduce);
    const pickleOptions: WriteOptions = {
      protocol: options.protocol ?? 2,
      substitute(node) {
        if (isStorageLoad(node)) {
          const storage = reduce(node);
          return storage instanceof TorchStorage ? storage : node;
        }
        if (!held?.has(node) || !ARRAY_CALL.test(node.calleeName)) return node;
        const array = reduce(node);
        return array instanceof Tensor && isTorchTensor(array) ? array : node;
      },
      reduce: (foreign: PyForeign) => {
        if (foreign instanceof Tensor) {
          const isArray = isNumpyClass(foreign) || (held && !held.has(foreign));
          if (isArray && !foreign.elements) return arrayOf(foreign);
          return tensorCall(foreign, reference);
        }
        if (foreign instanceof TorchStorage) {
          const { storage, dtype, numel } = foreign;
          return reference(storage, storageClassOf(dtype) ?? "UntypedStorage", numel, null);
        }
        throw new StateDictError("unsupported", "A value of another format can't be pickled");
      },
      persistentId: (persistent) =>
        fresh.get(persistent) ?? renumbered(persistent, reduce, numbers),
    };
    // PyTorch's own pickles are read whole; those of other formats leave long bytes in the file.
    const spans = origin?.startsWith("torch")
      ? []
      : writePickle(value, { ...pickleOptions, protocol: SPANS_PROTOCOL });
    const loaded = await loadSpans(spans, contents, options);
    const resolveBytes = (span: ByteSpan) => loaded.get(span)!;
    const pickle = pickleBytes(value, {
      ...pickleOptions,
      ...(loaded.size > 0 ? { resolveBytes } : {}),
    });

    const root = options.stem || "archive";
    const zip = createZipWriter(sink);
    const text = (name: string, content: string | Uint8Array) => {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return zip.add(`${root}/${name}`, bytes.length, bytes);
    };
    await text("data.pkl", pickle);
    for (const [name, content] of RECORDS_BEFORE) await text(name!, content!);
    for (const [key, storage] of numbers.storages.entries()) {
      // Bytes that are written as they were stored keep the checksum that they had.
      const swapped = storage.byteOrder === "big" && storage.word > 1;
      const crc = storage.crc !== null && !swapped ? { crc: storage.crc } : {};
      const bytes = storageBytes(storage, options);
      await zip.add(`${root}/data/${key}`, storage.nbytes, bytes, crc);
    }
    await text("version", "3\n");
    await text(".data/serialization_id", serializationId(numbers.storages));
    await zip.finish();
    return { left: [] };
  },
};

/** The id of a storage of the file that was read, under its new key. */
function renumbered(
  persistent: PyPersistent,
  reduce: (value: PyValue) => PyValue,
  numbers: StorageNumbers,
): PyValue {
  const storage = reduce(persistent);
  if (!(storage instanceof TorchStorage)) {
    throw new StateDictError("unsupported", "A persistent id names no storage of PyTorch", {
      hint: "leave it out with --drop, or write a .pkl or .json",
    });
  }
  const [tag, cls, , location] = (persistent.id as PyTuple).items;
  // A window of a storage, as legacy files have them, is a storage of its own here.
  return new PyTuple([tag!, cls!, numbers.key(storage.storage), location!, storage.numel]);
}

/**
 * Forty digits that torch only ever logs. Its own are a hash of the record names and one of their
 * checksums; these are two FNV-1a hashes of the storages' sizes, so that equal files get equal ids.
 */
function serializationId(storages: readonly Storage[]): string {
  const digits = (seed: bigint) => {
    let hash = 0xcbf29ce484222325n ^ seed;
    for (const { nbytes } of storages) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(nbytes)) * 0x100000001b3n);
    }
    return String(hash).padStart(20, "0");
  };
  return digits(0n) + digits(1n);
}
