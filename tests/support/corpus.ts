/**
 * Where the real files are, and what their manifests say.
 *
 * `fixtures/` travels with every clone. The whole corpus is larger: it lies beside the clone, or where
 * STATEDICT_CORPUS says, or it isn't there and what needs it is skipped.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseExact } from "./json.ts";

/** The corpora, by folder. */
export type CorpusName = "torch" | "arrays" | "hostile";

/** A tensor as the manifest of the PyTorch files tells it. */
export interface TorchTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[] | null;
  readonly stride: number[] | null;
  readonly offset: number | null;
  readonly storage: string | null;
  readonly sha256: string | null;
  readonly parameter: boolean;
  readonly requires_grad: boolean;
  readonly layout: string;
  readonly storage_nbytes?: number;
  readonly state?: { tensors: TorchTensor[]; values: Record<string, unknown> };
  readonly local?: { storage: string | null };
  readonly [detail: string]: unknown;
}

/** A numpy array inside a PyTorch checkpoint; `dtype` is numpy's code. */
export interface TorchArray {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly order: string;
  readonly sha256: string | null;
  readonly fields?: [string, string][];
  readonly objects?: unknown[];
}

/** A bare storage inside a PyTorch checkpoint. */
export interface TorchStorage {
  readonly name: string;
  readonly kind: "typed" | "untyped";
  readonly dtype: string;
  readonly nbytes: number;
  readonly storage: string | null;
  readonly sha256: string;
}

/** What the manifest of the PyTorch files says of one file. */
export interface TorchEntry {
  readonly file: string;
  readonly about: string;
  readonly format: string;
  readonly expect: "ok" | "refused" | "corrupt";
  readonly bytes?: number;
  readonly fails_at?: "open" | "list" | "read";
  readonly lenient?: boolean;
  readonly check?: boolean;
  readonly check_ignore?: string[];
  readonly tensors?: TorchTensor[];
  readonly inner_tensors?: TorchTensor[];
  readonly bad_tensors?: string[];
  readonly arrays?: TorchArray[];
  readonly storages?: TorchStorage[];
  readonly constants?: TorchTensor[];
  readonly values?: Record<string, unknown>;
  readonly attributes?: Record<string, unknown>;
  readonly globals?: string[];
  readonly unsafe_globals?: string[];
  readonly location?: string;
  readonly torch_load_weights_only?: string;
  readonly torch_load_mmap?: string;
}

/** An array as the manifest of the numpy-like files tells it. */
export interface ArraysTensor {
  readonly name: string;
  readonly dtype: unknown;
  readonly shape: number[];
  readonly order: string;
  readonly sha256: string | null;
  readonly offset?: number;
  readonly [detail: string]: unknown;
}

/** What the manifest of the joblib, pickle, npy, npz and safetensors files says of one file. */
export interface ArraysEntry {
  readonly file: string;
  readonly about: string;
  readonly format: string;
  readonly compression: string;
  readonly expect: "ok" | "refused" | "corrupt";
  readonly also_accept?: string[];
  readonly bytes: number;
  readonly tensors: ArraysTensor[];
  readonly values: Record<string, unknown>;
  readonly kinds: Record<string, string>;
  readonly kinds_omitted?: number;
  readonly globals: string[];
  readonly globals_py3?: string[];
  readonly container?: string;
  readonly mode?: "load" | "inspect";
  readonly limit?: string;
  readonly refused?: string[];
  readonly refused_members?: string[];
}

/** What the manifest of the attacks says of one file. */
export interface HostileEntry {
  readonly file: string;
  readonly about: string;
  readonly class: string;
  readonly verdict: string;
  readonly accept: string[];
  readonly must: string[];
  readonly globals: string[];
}

interface Entries {
  torch: TorchEntry;
  arrays: ArraysEntry;
  hostile: HostileEntry;
}

const ROOT = join(import.meta.dirname!, "..", "..");

/** A file or folder of the repository. */
export function inRepo(...parts: string[]): string {
  return join(ROOT, ...parts);
}

/** The folder of fixtures of one kind. */
export function fixturesDir(name: "torch" | "arrays"): string {
  return inRepo("fixtures", name);
}

/** The folder of a whole corpus, or undefined where it isn't at hand. */
export function corpusDir(name: CorpusName): string | undefined {
  const corpora = process.env.STATEDICT_CORPUS ?? join(ROOT, "..", "shared", "corpus");
  const folder = join(corpora, name);
  return existsSync(join(folder, "manifest.json")) ? folder : undefined;
}

/** The reason that a test which needs a whole corpus gives for being skipped, or false. */
export function withoutCorpus(name: CorpusName): string | false {
  return corpusDir(name) ? false : `the ${name} corpus isn't at hand (STATEDICT_CORPUS)`;
}

/** The entries of a folder's manifest, with ints and floats kept apart as {@linkcode parseExact} does. */
export function manifest<Name extends CorpusName>(_name: Name, folder: string): Entries[Name][] {
  return parseExact(readFileSync(join(folder, "manifest.json"), "utf8")) as Entries[Name][];
}
