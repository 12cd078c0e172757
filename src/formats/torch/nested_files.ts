/**
 * Files inside a file: their values become parts of one tree.
 *
 * @module
 */

import { locate } from "../../errors.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyPersistent } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import type { FormatOptions, OpenedShard } from "../format.ts";
import { Owners } from "../huggingface/owners.ts";
import { nestedOptions } from "../nesting.ts";
import { openSource } from "../open.ts";
import { TorchStorage } from "./storages.ts";

/** Opens files inside a file, and keeps what they say of themselves. */
export class NestedFiles {
  /** The files, in the order in which they were opened. */
  readonly shards: OpenedShard[] = [];
  private readonly owners = new Owners();
  private readonly options: FormatOptions;

  /** Starts with none; `options` are those of the outer file. */
  constructor(options: FormatOptions) {
    this.options = options;
  }

  /** Opens one and gives its value. Its storages are told apart from others by its name. */
  async open(name: string, source: ByteSource): Promise<PyValue> {
    const { size } = source;
    let opened;
    try {
      opened = await openSource(source, nestedOptions(this.options));
    } catch (error) {
      throw locate(error, undefined, name);
    }
    this.shards.push({ name, size, opened });
    const { value, reduce } = opened;
    this.owners.claim(value, reduce, (part) => {
      const storage = part instanceof PyPersistent ? reduce(part) : undefined;
      if (storage instanceof TorchStorage) rename(storage, name);
    });
    return value;
  }

  /** What a node of one of the files stands for; other values are themselves. */
  readonly reduce = (value: PyValue): PyValue => this.owners.reduce(value);
}

function rename({ storage }: TorchStorage, name: string): void {
  const prefix = `${name}/`;
  if (!storage.id.startsWith(prefix)) storage.id = prefix + storage.id;
}
