/**
 * The archives of `torch.export.save`: weights as raw bytes, and a program that is not run here.
 *
 * Source: `torch/export/pt2_archive/_package.py` of 2.13.
 *
 * @module
 */

import { locate, StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { ByteOrder } from "../../tensor/dtype.ts";
import type { Storage } from "../../tensor/storage.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { decodeUtf8 } from "../../text/utf8.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import type { ZipEntry } from "../../zip/entries.ts";
import { memberSource, readMember } from "../../zip/member.ts";
import type { Format } from "../format.ts";
import { archiveExtras, constantsNote, isInExtra } from "./archive_extras.ts";
import { NestedFiles } from "./nested_files.ts";
import { parsePayloads } from "./pt2_config.ts";
import type { Payload } from "./pt2_config.ts";
import { byteOrderOf, checkOneRoot, recordStorage, recordText, rootFolder } from "./records.ts";

/** What `archive_format` says. */
const ARCHIVE_FORMAT = "pt2";

/** Bytes of a list of tensors that are read: about a million of them. */
const MAX_LIST = 2 ** 28;

/** An archive of exported programs. */
export const TORCH_PT2: Format = {
  async sniff(probe) {
    const directory = await probe.zip();
    const root = rootFolder(directory);
    return root !== undefined && directory.find(`${root}/archive_format`) !== undefined;
  },

  async open(probe, options) {
    const { signal } = options;
    const directory = await probe.zip();
    const root = rootFolder(directory)!;
    checkOneRoot(directory, root);
    const format = await recordText(directory, `${root}/archive_format`, signal);
    if (format?.trim() !== ARCHIVE_FORMAT) {
      throw new StateDictError("unsupported", "The archive is of a format that is not known", {
        member: `${root}/archive_format`,
        hint: "take the checkpoint that the program was exported from",
      });
    }
    const byteOrder = await byteOrderOf(directory, root, signal);
    const nested = new NestedFiles(options);
    const reader = new PayloadReader(directory, root, byteOrder, nested, signal);
    const value = await reader.readAll("weights");
    const constants = await reader.readAll("constants");
    const { metadata, warnings } = await archiveExtras(directory, root, isInExtra, signal);
    return {
      format: "torch-pt2",
      compression: "none",
      listing: true,
      value,
      constants,
      reduce: nested.reduce,
      globals: [],
      anomalies: [],
      ...(nested.shards.length > 0 ? { shards: nested.shards } : {}),
      metadata,
      warnings: [...warnings, ...constantsNote(constants)],
      close: () => probe.source.close(),
    };
  },
};

/** Reads the lists of an archive and makes what they name. */
class PayloadReader {
  private readonly directory: ZipDirectory;
  private readonly root: string;
  private readonly byteOrder: ByteOrder;
  private readonly nested: NestedFiles;
  private readonly signal: AbortSignal | undefined;
  private readonly storages = new Map<string, Storage>();

  constructor(
    directory: ZipDirectory,
    root: string,
    byteOrder: ByteOrder,
    nested: NestedFiles,
    signal: AbortSignal | undefined,
  ) {
    this.directory = directory;
    this.root = root;
    this.byteOrder = byteOrder;
    this.nested = nested;
    this.signal = signal;
  }

  /** What the lists of a folder name: by name, or by model and name if there are several. */
  async readAll(kind: "weights" | "constants"): Promise<PyValue> {
    const folder = `${this.root}/data/${kind}/`;
    const models = new PyDict();
    for (const entry of this.directory.entries) {
      if (!entry.name.startsWith(folder)) continue;
      const name = entry.name.slice(folder.length);
      const model = modelOf(name, `_${kind}_config.json`);
      if (model !== undefined) models.set(model, await this.readList(entry, folder));
      // In older archives all of a model's tensors are one file of torch.save.
      else if (name.endsWith(".pt")) models.set(name.slice(0, -3), await this.readNested(entry));
    }
    const [only] = models;
    return models.size === 1 ? only![1] : models;
  }

  private async readList(entry: ZipEntry, folder: string): Promise<PyDict> {
    const bytes = await readMember(this.directory, entry, {
      limit: MAX_LIST,
      ...(this.signal ? { signal: this.signal } : {}),
    });
    const dict = new PyDict();
    try {
      const text = decodeUtf8(bytes, { title: "The list of tensors", offset: 0 });
      for (const payload of parsePayloads(text)) {
        dict.set(payload.name, await this.readPayload(payload, folder));
      }
    } catch (error) {
      throw locate(error, undefined, entry.name);
    }
    return dict;
  }

  private async readPayload(payload: Payload, folder: string): Promise<PyValue> {
    const { path, meta, parameter } = payload;
    const member = folder + path;
    const entry = this.directory.find(member);
    if (!entry) throw new StateDictError("corrupt", "The archive lacks a record", { member });
    if (!meta) return await this.readNested(entry);
    const { dtype, shape, stride, offset, requiresGrad } = meta;
    const storage = this.storageOf(entry, dtype.word);
    const tensor = new Tensor({ dtype, shape, stride, offset, storage, name: payload.name });
    tensor.parameter = parameter;
    tensor.requiresGrad = requiresGrad;
    return tensor;
  }

  /** Tensors that were tied lie in one record. */
  private storageOf(entry: ZipEntry, word: number): Storage {
    const known = this.storages.get(entry.name);
    if (known) return known;
    const storage = recordStorage(this.directory, entry, {
      id: entry.name.slice(this.root.length + 1),
      byteOrder: this.byteOrder,
      word,
      device: "cpu",
    });
    this.storages.set(entry.name, storage);
    return storage;
  }

  private async readNested(entry: ZipEntry): Promise<PyValue> {
    const source = await memberSource(
      this.directory,
      entry,
      this.signal ? { signal: this.signal } : {},
    );
    return await this.nested.open(entry.name.slice(this.root.length + 1), source);
  }
}

function modelOf(name: string, ending: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}
