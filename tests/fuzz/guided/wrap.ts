/**
 * A well-formed archive around one record, so that the fuzzer can work on the record freely.
 *
 * @module
 */

import { memorySink } from "../../../src/io/sink.ts";
import { createZipWriter } from "../../../src/zip/writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const text = (value: string): Bytes => new TextEncoder().encode(value);

/** Bytes that a storage of a checkpoint has here: any small tensor fits. */
const STORAGE: Bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

/** A checkpoint as `torch.save` lays it out, with this pickle and three storages. */
export function torchArchive(pickle: Bytes): Promise<Bytes> {
  return archive("torch", [
    ["archive/data.pkl", pickle],
    ["archive/byteorder", text("little")],
    ["archive/data/0", STORAGE],
    ["archive/data/1", STORAGE],
    ["archive/data/2", STORAGE],
    ["archive/version", text("3\n")],
  ]);
}

/** TorchScript, with this pickle and these words as its code. */
export function torchscriptArchive(bytes: Bytes): Promise<Bytes> {
  // Pickles end with a STOP; what stands behind the last of them is code.
  const end = bytes.lastIndexOf(0x2e) + 1;
  return archive("torch", [
    ["archive/data.pkl", bytes.subarray(0, end)],
    ["archive/code/__torch__.py", bytes.subarray(end)],
    ["archive/constants.pkl", Uint8Array.of(0x80, 2, 0x29, 0x2e)],
    ["archive/data/0", STORAGE],
    ["archive/version", text("3\n")],
  ]);
}

/** An npz with this member. */
export function npzArchive(member: Bytes): Promise<Bytes> {
  return archive("numpy", [["a.npy", member]]);
}

async function archive(
  layout: "torch" | "numpy",
  members: readonly (readonly [name: string, bytes: Bytes])[],
): Promise<Bytes> {
  const sink = memorySink();
  const writer = createZipWriter(sink, { layout });
  for (const [name, bytes] of members) await writer.add(name, bytes.length, bytes);
  await writer.finish();
  return sink.bytes();
}
