/**
 * SHA-256 of bytes that come in pieces: by the runtime where it takes pieces, else by its rules.
 *
 * @module
 */

import { builtinNow } from "../../io/builtin.ts";
import type { BlockCheck } from "./checks.ts";

interface NodeCrypto {
  createHash(name: string): { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
}

const BLOCK = 64;

/** Starts a SHA-256. */
export function sha256(): BlockCheck {
  const crypto = builtinNow<NodeCrypto>("node:crypto");
  if (!crypto) return portableSha256();
  const hash = crypto.createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
}

/** The same without the runtime's help, for browsers, whose own takes only whole messages. */
export function portableSha256(): BlockCheck {
  const { start, constants } = numbers ??= makeNumbers();
  const hash = start.slice();
  const words = new Int32Array(BLOCK);
  const block = new Uint8Array(BLOCK);
  const view = new DataView(block.buffer);
  let held = 0;
  let total = 0;
  const add = (bytes: Uint8Array) => {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + BLOCK - held);
      block.set(part, held);
      from += part.length;
      held += part.length;
      if (held < BLOCK) return;
      mix(hash, view, words, constants);
      held = 0;
    }
  };
  return {
    update(bytes) {
      total += bytes.length;
      add(bytes);
    },
    digest() {
      // A one bit, zeros, and the number of bits in the last eight bytes of a block.
      const end = new Uint8Array((held < BLOCK - 8 ? BLOCK : 2 * BLOCK) - held);
      end[0] = 0x80;
      new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(total) * 8n);
      add(end);
      const digest = new Uint8Array(32);
      const out = new DataView(digest.buffer);
      hash.forEach((word, i) => out.setInt32(4 * i, word));
      return digest;
    },
  };
}

/** Mixes one block into the hash. */
function mix(hash: Int32Array, view: DataView, words: Int32Array, constants: Int32Array): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(4 * i);
  for (let i = 16; i < BLOCK; i++) {
    const x = words[i - 15]!;
    const y = words[i - 2]!;
    const low = rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3;
    const high = rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10;
    words[i] = words[i - 16]! + low + words[i - 7]! + high | 0;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = hash;
  for (let i = 0; i < BLOCK; i++) {
    const chosen = g ^ e & (f ^ g);
    const first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + chosen + constants[i]! +
      words[i]!;
    const majority = a & b | c & (a | b);
    const second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    h = g;
    g = f;
    f = e;
    e = d + first | 0;
    d = c;
    c = b;
    b = a;
    a = first + second | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => hash[i]! += word);
}

function rotate(word: number, bits: number): number {
  return word >>> bits | word << 32 - bits;
}

let numbers: { readonly start: Int32Array; readonly constants: Int32Array } | undefined;

/** FIPS 180-4: the fractions of the first primes' square roots, and of their cube roots. */
function makeNumbers(): { start: Int32Array; constants: Int32Array } {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < BLOCK; n++) {
    if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  }
  const fraction = (prime: bigint, power: bigint) => Number(BigInt.asIntN(32, root(prime, power)));
  return {
    start: Int32Array.from(primes.slice(0, 8), (prime) => fraction(prime, 2n)),
    constants: Int32Array.from(primes, (prime) => fraction(prime, 3n)),
  };
}

/** The square or cube root of a number with 32 bits behind the point, by halving. */
function root(number: bigint, power: bigint): bigint {
  const wanted = number << 32n * power;
  let low = 0n;
  for (let step = 1n << 37n; step > 0n; step >>= 1n) {
    if ((low + step) ** power <= wanted) low += step;
  }
  return low;
}
