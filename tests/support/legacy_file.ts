/**
 * PyTorch's legacy files made by hand, so that each part can be made wrong.
 *
 * @module
 */

import { PyDict } from "../../src/pickle/dict.ts";
import { PyGlobal, PyObject, PyPersistent, PyTuple } from "../../src/pickle/values.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { pickleBytes } from "../../src/pickle/writer.ts";

/** `torch.serialization.MAGIC_NUMBER` and `PROTOCOL_VERSION`. */
export const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;

/** The persistent id of a float32 storage. */
export function floatStorage(key: string, numel: number, view: PyValue = null): PyPersistent {
  const cls = new PyGlobal("torch", "FloatStorage");
  return new PyPersistent(new PyTuple(["storage", cls, key, "cpu", numel, view]));
}

/** The call that makes a one-dimensional tensor of all of a storage. */
export function vector(storage: PyPersistent, numel: number): PyObject {
  const hooks = new PyObject(
    "reduce",
    new PyGlobal("collections", "OrderedDict"),
    new PyTuple([]),
  );
  const size = new PyTuple([numel]);
  const args = [storage, 0, size, new PyTuple([1]), false, hooks];
  return new PyObject(
    "reduce",
    new PyGlobal("torch._utils", "_rebuild_tensor_v2"),
    new PyTuple(args),
  );
}

/** What a file is made of; what isn't given is as torch writes it. */
export interface LegacyParts {
  magic?: PyValue;
  version?: PyValue;
  /** The object. */
  object: PyValue;
  /** The keys of the storages. */
  keys: PyValue;
  /** Count and elements of each, in order. */
  data: readonly { count: number; bytes: Uint8Array }[];
  protocol?: number;
  /** Bytes behind everything. */
  behind?: Uint8Array;
}

/** The file, and where its data begins. */
export function legacyFile(parts: LegacyParts): { bytes: Uint8Array<ArrayBuffer>; data: number } {
  const { magic = MAGIC, version = VERSION, object, keys, protocol = 2 } = parts;
  const facts = new PyDict(["protocol_version", VERSION, "little_endian", true]);
  const pickles = [magic, version, facts, object, keys].map((value) =>
    pickleBytes(value, { protocol })
  );
  const pieces: Uint8Array[] = [...pickles];
  for (const { count, bytes } of parts.data) {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setBigInt64(0, BigInt(count), true);
    pieces.push(head, bytes);
  }
  pieces.push(parts.behind ?? new Uint8Array(0));
  const data = pickles.reduce((sum, { length }) => sum + length, 0);
  return { bytes: new Uint8Array(Buffer.concat(pieces)), data };
}
