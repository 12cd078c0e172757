/**
 * A storage is a run of bytes that tensors look at: several may share one, and nothing is read
 * until somebody asks.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { checkAborted, readBytes, readInto } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import type { ByteOrder } from "./dtype.ts";

/** Where a storage's bytes lie. */
export interface StoragePlace {
  /** What holds them. */
  readonly source: ByteSource;
  /** The first one. */
  readonly offset: number;
}

/** Throws `corrupt` if the bytes don't match the checksum that the file has of them. */
export type VerifyStorage = (
  bytes: Uint8Array<ArrayBuffer> | null,
  signal?: AbortSignal,
) => Promise<void>;

/** What a storage is made of; all but the first two have defaults. */
export interface StorageInit {
  /** Tells storages of one file apart. */
  readonly id: string;
  /** Bytes in all. */
  readonly nbytes: number;
  /** What holds the bytes, where that is known at once. */
  readonly source?: ByteSource;
  /** The first byte in it. */
  readonly offset?: number;
  /** Finds the bytes when they are first needed, instead of `source`. */
  readonly locate?: (signal?: AbortSignal) => Promise<StoragePlace>;
  /** Which end of a number comes first. */
  readonly byteOrder?: ByteOrder;
  /** Bytes that change places together if it is big-endian. */
  readonly word?: number;
  /** The archive's record that it is. */
  readonly record?: string;
  /** The device it was saved from. */
  readonly device?: string;
  /** The file's own CRC-32 of them, as they are stored. */
  readonly crc?: number;
  /** Compares the file's own checksum of them: given the bytes as they are stored, or reading them. */
  readonly verify?: VerifyStorage;
  /** The bytes, if they are in memory already, little-endian. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** A run of bytes, shared by the tensors that view it. */
export class Storage {
  /** Tells storages of one file apart; what joins files sets it anew. */
  id: string;
  /** Bytes in all. */
  readonly nbytes: number;
  /** Where the bytes lie; null until they are located. */
  place: StoragePlace | null;
  /** Finds the place when it is first needed. */
  readonly locate: ((signal?: AbortSignal) => Promise<StoragePlace>) | null;
  /** Which end of a number comes first, in the file. */
  byteOrder: ByteOrder;
  /** Bytes that change places together if it is big-endian; torch learns it only with the dtype. */
  word: number;
  /** The archive's record that it is. */
  readonly record: string | null;
  /** The device it was saved from, `cpu` or `cuda:0`; null where a format has no such thing. */
  readonly device: string | null;
  /** The file's own CRC-32 of the bytes as they are stored; null where it has none. */
  readonly crc: number | null;
  /** Compares the file's own checksum; null where it has none. */
  readonly verify: VerifyStorage | null;
  /** Whether that has been done. */
  verified: boolean;
  /** The bytes once they are loaded, little-endian. Set it to null to give the memory back. */
  bytes: Uint8Array<ArrayBuffer> | null;
  /** The load that is under way. */
  loading: Promise<Uint8Array<ArrayBuffer>> | null;

  /** Describes a storage; nothing is read. */
  constructor(init: StorageInit) {
    if (!Number.isSafeInteger(init.nbytes) || init.nbytes < 0) {
      throw new StateDictError("corrupt", `Storage ${init.id} has ${init.nbytes} bytes`);
    }
    if (init.bytes && init.bytes.length !== init.nbytes) {
      throw new StateDictError(
        "corrupt",
        `Storage ${init.id} should have ${init.nbytes} bytes, but ${init.bytes.length} are there`,
      );
    }
    this.id = init.id;
    this.nbytes = init.nbytes;
    this.place = init.source ? { source: init.source, offset: init.offset ?? 0 } : null;
    this.locate = init.locate ?? null;
    this.byteOrder = init.byteOrder ?? "little";
    this.word = init.word ?? 1;
    this.record = init.record ?? null;
    this.device = init.device ?? null;
    this.crc = init.crc ?? null;
    this.verify = init.verify ?? null;
    this.verified = init.verify === undefined;
    this.bytes = init.bytes ?? null;
    this.loading = null;
  }
}

/** Where the bytes lie, found out if need be. */
async function placeOf(storage: Storage, signal?: AbortSignal): Promise<StoragePlace> {
  if (storage.place) return storage.place;
  if (!storage.locate) {
    throw new StateDictError("unsupported", `Storage ${storage.id} has no bytes in this file`);
  }
  return storage.place = await storage.locate(signal);
}

/**
 * Loads all of a storage into memory, once: callers at the same time share the one load.
 *
 * @throws A `limit` error if the runtime has no room for so many bytes in one piece.
 */
export async function loadStorage(
  storage: Storage,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  while (!storage.bytes) {
    checkAborted(signal);
    const shared = storage.loading;
    if (shared === null) return await startLoad(storage, signal);
    try {
      return await shared;
    } catch (error) {
      // Only another caller's signal ended it: this one still wants the bytes.
      if (!isAbort(error)) throw error;
    }
  }
  return storage.bytes;
}

/** Reads the bytes once to compare the file's own checksum, unless that has been done. */
export async function verifyStorage(storage: Storage, signal?: AbortSignal): Promise<void> {
  if (storage.verified) return;
  await storage.verify?.(null, signal);
  storage.verified = true;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "AbortError" || (error as { code?: unknown }).code === "aborted");
}

function startLoad(storage: Storage, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const load = readWhole(storage, signal).then((bytes) => storage.bytes = bytes)
    .finally(() => storage.loading = null);
  return storage.loading = load;
}

async function readWhole(
  storage: Storage,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { source, offset } = await placeOf(storage, signal);
  let bytes;
  try {
    bytes = await readBytes(source, offset, storage.nbytes, signal);
    if (!storage.verified) {
      await storage.verify?.(bytes, signal);
      storage.verified = true;
    }
    if (storage.byteOrder === "big" && storage.word > 1) {
      if (source.view) bytes = bytes.slice();
      (await import("./byte_order.ts")).swapWords(bytes, storage.word);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StateDictError(
      "limit",
      `Storage ${storage.id} has ${storage.nbytes} bytes, more than this runtime holds in one piece`,
      { path: source.name, hint: "read the tensor in parts, with chunks()", cause: error },
    );
  }
  return bytes;
}

/** Reads parts of a storage, little-endian, without loading the rest. */
export interface StorageReader {
  /** Fills `target` from a byte of the storage on. */
  read(start: number, target: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The bytes themselves, where they lie in memory as they are meant; not to be changed. */
  readonly view: ((start: number, length: number) => Uint8Array<ArrayBuffer>) | null;
}

/** Opens a storage for reading in parts. */
export async function storageReader(
  storage: Storage,
  signal?: AbortSignal,
): Promise<StorageReader> {
  const { bytes } = storage;
  if (bytes) {
    return {
      view: (start, length) => bytes.subarray(start, start + length),
      // deno-lint-ignore require-await -- as the interface has it
      async read(start, target) {
        target.set(bytes.subarray(start, start + target.length));
      },
    };
  }
  const { source, offset } = await placeOf(storage, signal);
  const swaps = storage.byteOrder === "big" && storage.word > 1;
  return {
    view: source.view && !swaps ? (start, length) => source.view!(offset + start, length) : null,
    async read(start, target) {
      checkAborted(signal);
      if (!swaps) await readInto(source, offset + start, target, signal);
      else await readSwapped(storage, source, offset, start, target, signal);
    },
  };
}

/** Reads whole words and turns them round, also where the part begins or ends inside one. */
async function readSwapped(
  storage: Storage,
  source: ByteSource,
  offset: number,
  start: number,
  target: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
): Promise<void> {
  const { word, nbytes } = storage;
  const first = start - start % word;
  const end = Math.min(nbytes, Math.ceil((start + target.length) / word) * word);
  const whole = first === start && end - start === target.length;
  const words = whole ? target : new Uint8Array(end - first);
  await readInto(source, offset + first, words, signal);
  (await import("./byte_order.ts")).swapWords(words, word);
  if (!whole) target.set(words.subarray(start - first, start - first + target.length));
}
