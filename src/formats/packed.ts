/**
 * Files of any format inside one compressed stream, as joblib and pandas write pickles.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { sniffCodec } from "../compression/codecs.ts";
import { unpackedSource } from "../compression/source.ts";
import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { packedLimits } from "../pickle/limits.ts";
import type { Format } from "./format.ts";
import { probeSource } from "./open.ts";
import { findFormat } from "./table.ts";

/** First bytes that tell a codec. */
const HEAD = 16;

/** A stream that is read as if it had never been compressed. */
export interface Unpacked {
  /** The plain bytes. */
  readonly source: ByteSource;
  /** The codec's word. */
  readonly codec: string;
  /** Whether the container is joblib's own, of its versions up to 0.9. */
  readonly isJoblib: boolean;
  /** Bytes behind the compressed stream, which belong to nobody. */
  readonly behind: number;
}

/** Makes a compressed source a plain one. Closing that closes the compressed one too. */
export async function unpackSource(source: ByteSource, signal?: AbortSignal): Promise<Unpacked> {
  const head = await readBytes(source, 0, Math.min(HEAD, source.size), signal);
  const codec = sniffCodec(head);
  if (!codec) {
    throw new StateDictError("corrupt", "No compressed stream begins here", { path: source.name });
  }
  const plain = await unpackedSource(codec, source, 0, signal ? { signal } : {});
  return {
    source: plain,
    codec: codec.name,
    isJoblib: codec.container === "ZF",
    behind: source.size - plain.packedEnd,
  };
}

/** A compressed stream with a file of another format in it. */
export const PACKED: Format = {
  sniff: ({ head }) => sniffCodec(head) !== undefined,

  async open(probe, options) {
    const { source, codec, isJoblib, behind } = await unpackSource(probe.source, options.signal);
    const inner = await probeSource(source, options.signal);
    const format = await findFormat(inner);
    if (format === PACKED) {
      throw new StateDictError("unsupported", "The file is compressed twice", {
        path: source.name,
        hint: "unpack it once first",
      });
    }
    if (!format) throw (await import("./unknown.ts")).describeUnknown(inner);
    const limits = packedLimits(probe.source.size, options.limits);
    const opened = await format.open(inner, { ...options, limits });
    return {
      ...opened,
      // Its pickle may hold arrays as any other does.
      format: isJoblib && opened.format === "pickle" ? "joblib" : opened.format,
      compression: codec,
      warnings: behind === 0
        ? opened.warnings
        : [...opened.warnings, `${behind} bytes stand behind the compressed stream`],
    };
  },
};
