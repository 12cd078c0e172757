/**
 * An open checkpoint: a catalogue of tensors and a tree of values, without the weights.
 *
 * @module
 */

import { locate, StateDictError } from "../errors.ts";
import type { FileGlobal, Opened } from "../formats/format.ts";
import { PyDict } from "../pickle/dict.ts";
import type { PyValue } from "../pickle/values.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { outline, uniqueTensors } from "./outline.ts";
import type { OutlineEntry } from "./outline.ts";
import { toJS } from "./to_js.ts";

/** What edits put in the place of what was read. */
export interface CheckpointChanges {
  /** The value graph. */
  readonly value?: PyValue;
  /** The text metadata. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** What a program in the file uses beside the value. */
  readonly constants?: PyValue;
  /** The names that are imported. */
  readonly globals?: readonly FileGlobal[];
  /** What closing it does. */
  readonly close?: () => Promise<void>;
}

/** One of the files that a sharded checkpoint is made of. */
export interface Shard {
  /** Its name, in the same folder. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /** Its format's word. */
  readonly format: string;
  /** Every name that its pickles import, in order. */
  readonly globals: readonly FileGlobal[];
}

/**
 * A file that is open. Nothing of its weights is in memory until a tensor is asked for its bytes.
 *
 * @example
 * ```ts
 * import { openCheckpoint } from "@statedict/statedict";
 *
 * await using checkpoint = await openCheckpoint("fixtures/torch/checkpoint.pt");
 * for (const [name, tensor] of checkpoint.tensors) console.log(name, tensor.shape);
 * const bias = await checkpoint.tensor("model.fc1.bias").load();
 * console.log(bias.data);
 * ```
 */
export class Checkpoint implements AsyncDisposable {
  /** The format's word: `torch-zip`, `safetensors`, `joblib`, … */
  readonly format: string;
  /** Bytes of the file. */
  readonly size: number;
  /** How errors name the file. */
  readonly path: string;
  /** The codec around the whole file, or `none`. */
  readonly compression: string;
  /** The format's own metadata, such as that of safetensors. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Every name that the file's pickles import, in order; each of the shards has its own. */
  readonly globals: readonly FileGlobal[];
  /** The other files that it is made of; none for a file that stands by itself. */
  readonly shards: readonly Shard[];
  /** Names of the files that lead them, where a folder was opened. */
  readonly leads: readonly string[];
  /** What a person should know but that is no error. */
  readonly warnings: readonly string[];
  /** What is wrong with the file as a whole; only where it was opened with `recover`. */
  readonly damage: StateDictError | null;
  /** Whether the root is no value of the file but the list of what is in it, as of an archive. */
  readonly listing: boolean;
  /** The value graph as the file has it; see {@linkcode reduce}. */
  readonly value: PyValue;
  /** What a node of the graph stands for: a tensor, a dict, a date, or the node itself. */
  readonly reduce: (value: PyValue) => PyValue;
  private readonly opened: Opened;
  private catalogue: Map<string, Tensor> | null = null;

  /** Wraps what a format opened; use `openCheckpoint`. */
  constructor(opened: Opened, size: number, path: string) {
    this.opened = opened;
    this.format = opened.format;
    this.compression = opened.compression;
    this.metadata = opened.metadata;
    this.globals = opened.globals;
    this.shards = (opened.shards ?? []).map(({ name, size, opened }) => ({
      name,
      size,
      format: opened.format,
      globals: opened.globals,
    }));
    this.leads = opened.leads ?? [];
    this.warnings = opened.warnings;
    this.damage = opened.damage ?? null;
    this.listing = opened.listing ?? false;
    this.value = opened.value;
    this.reduce = opened.reduce;
    this.size = size;
    this.path = path;
  }

  /** Everything in the file with its path, depth first, in the file's order. */
  *outline(root: PyValue = this.value): Generator<OutlineEntry> {
    // An archive without arrays holds no value that is an empty dict.
    if (this.listing && root instanceof PyDict && root.size === 0) return;
    try {
      yield* outline(root, this.reduce, this.opened.nesting);
    } catch (error) {
      throw locate(error, this.path);
    }
  }

  /** All tensors by their path, in the file's order; `~1` tells the second of two equal paths. */
  get tensors(): ReadonlyMap<string, Tensor> {
    return this.catalogue ??= catalogueOf(this.outline());
  }

  /**
   * Tensors that a program in the file uses beside the value: the constants of TorchScript's code,
   * where a frozen module has all its weights, and of an exported program.
   */
  get constants(): ReadonlyMap<string, Tensor> {
    const { constants = null } = this.opened;
    return catalogueOf(outline(constants, this.reduce));
  }

  /** One tensor. @throws `no-tensor` if there is none of that name. */
  tensor(name: string): Tensor {
    const tensor = this.tensors.get(name);
    if (tensor) return tensor;
    throw new StateDictError("no-tensor", `There is no tensor ${JSON.stringify(name)}`, {
      path: this.path,
      hint: "list the names with inspect",
    });
  }

  /** The value tree as plain JavaScript; see `toJS`. */
  toJS(): unknown {
    return toJS(this.value, this.reduce);
  }

  /** The same file with some of its facts replaced: the result of edits. */
  derive(changes: CheckpointChanges): Checkpoint {
    return new Checkpoint({ ...this.opened, ...changes }, this.size, this.path);
  }

  /** Gives back the file. */
  close(): Promise<void> {
    return this.opened.close();
  }

  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The tensors of an outline by name. */
export function catalogueOf(entries: Iterable<OutlineEntry>): Map<string, Tensor> {
  const catalogue = new Map<string, Tensor>();
  for (const { path, tensor } of uniqueTensors(entries)) catalogue.set(path, tensor);
  return catalogue;
}
