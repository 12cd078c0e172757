/**
 * Every format, in the order in which they are asked. A format's code loads when its bytes are met.
 *
 * @module
 */

import type { FolderFormat, Format, Probe } from "./format.ts";
import {
  hasShardIndex,
  isDcpCatalogue,
  isJson,
  isNpy,
  isPacked,
  isSafetensors,
  isZip,
  mayBeLegacy,
  mayBePickle,
  mayBeTar,
} from "./sniff.ts";

/** A row: a cheap look at the first bytes, and where the format lives. */
export interface FormatRow {
  /** A look at the first bytes that decides whether the format's code is worth loading. */
  readonly maybe: (head: Uint8Array) => boolean;
  /** Loads the format. */
  readonly load: () => Promise<Format>;
}

/** One line a format. */
export const FORMATS: readonly FormatRow[] = [
  { maybe: isZip, load: async () => (await import("./torch/zip.ts")).TORCH_ZIP },
  { maybe: isZip, load: async () => (await import("./torch/torchscript.ts")).TORCHSCRIPT },
  { maybe: isZip, load: async () => (await import("./torch/package.ts")).TORCH_PACKAGE },
  { maybe: isZip, load: async () => (await import("./torch/pt2.ts")).TORCH_PT2 },
  { maybe: isZip, load: async () => (await import("./torch/pt2_old.ts")).TORCH_PT2_OLD },
  {
    maybe: isSafetensors,
    load: async () => (await import("./safetensors/safetensors.ts")).SAFETENSORS,
  },
  { maybe: isNpy, load: async () => (await import("./numpy/npy.ts")).NPY },
  { maybe: isZip, load: async () => (await import("./numpy/npz.ts")).NPZ },
  { maybe: isJson, load: async () => (await import("./huggingface/huggingface.ts")).HF_INDEX },
  { maybe: isJson, load: async () => (await import("./json/json.ts")).JSON_FORMAT },
  { maybe: mayBeLegacy, load: async () => (await import("./torch/legacy.ts")).TORCH_LEGACY },
  { maybe: mayBeTar, load: async () => (await import("./torch/tar.ts")).TORCH_TAR },
  { maybe: isPacked, load: async () => (await import("./packed.ts")).PACKED },
  // The last: a pickle of protocol 0 or 1 is known only by running it.
  { maybe: mayBePickle, load: async () => (await import("./pickle/pickle.ts")).PICKLE },
];

/** The format that claims the bytes, or undefined. */
export async function findFormat(probe: Probe): Promise<Format | undefined> {
  for (const row of FORMATS) {
    if (!row.maybe(probe.head)) continue;
    const format = await row.load();
    if (await format.sniff(probe)) return format;
  }
  return undefined;
}

/** A row for folders: a look at the names in it, and where the format lives. */
export interface FolderRow {
  /** Whether the names of a folder's files are the format's. */
  readonly has: (names: readonly string[]) => boolean;
  /** Loads the format. */
  readonly load: () => Promise<FolderFormat>;
}

/** One line a format of folders. */
export const FOLDER_FORMATS: readonly FolderRow[] = [
  {
    has: hasShardIndex,
    load: async () => (await import("./huggingface/huggingface.ts")).HF_FOLDER,
  },
  {
    has: (names) => names.some(isDcpCatalogue),
    load: async () => (await import("./torch/dcp.ts")).TORCH_DCP,
  },
];

/** The format of a folder with files of these names, or undefined. */
export async function findFolderFormat(
  names: readonly string[],
): Promise<FolderFormat | undefined> {
  return await FOLDER_FORMATS.find((row) => row.has(names))?.load();
}
