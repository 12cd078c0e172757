/**
 * SHA-256 of streamed bytes, by whatever the runtime has for it.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { Tensor } from "./tensor.ts";
import { verifiedChunks } from "./verified_chunks.ts";

/** Bytes that a browser may hash: its `crypto.subtle` takes them only in one piece. */
const MAX_ONE_SHOT = 2 ** 30;

/** Adds bytes, and gives the digest as lower-case hexadecimal. */
export interface Hasher {
  /** Adds bytes; they may be changed afterwards. */
  update(bytes: Uint8Array): void;
  /** The digest of all of them. */
  digest(): Promise<string>;
}

interface NodeHash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

/** Starts a SHA-256. */
export function sha256(): Hasher {
  const crypto = (globalThis as {
    process?: { getBuiltinModule?: (name: string) => { createHash(name: string): NodeHash } };
  }).process?.getBuiltinModule?.("node:crypto");
  if (!crypto) return oneShot();
  const hash = crypto.createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => Promise.resolve(hash.digest("hex")),
  };
}

function oneShot(): Hasher {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  return {
    update(bytes) {
      total += bytes.length;
      if (total > MAX_ONE_SHOT) {
        throw new StateDictError("limit", `More than ${MAX_ONE_SHOT} bytes are to be hashed`, {
          hint: "hash it in Deno, Bun or Node, which do it in parts",
        });
      }
      parts.push(bytes.slice());
    },
    async digest() {
      const all = new Uint8Array(total);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", all)));
    },
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of all the bytes that come. */
export async function sha256Hex(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const hasher = sha256();
  for await (const bytes of chunks) hasher.update(bytes);
  return await hasher.digest();
}

/**
 * SHA-256 of a tensor's elements, row-major and little-endian: the same whatever file they lie in.
 *
 * @throws `corrupt` if their checksum says so, `unsupported` for what has no elements of its own, `limit` for a giant made of a few bytes.
 */
export function tensorSha256(tensor: Tensor, signal?: AbortSignal): Promise<string> {
  return sha256Hex(verifiedChunks(tensor, signal ? { signal } : {}));
}
