/**
 * Files that statedict doesn't read, told for what they are.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Probe } from "./format.ts";

/** What a file looks like, and what to do about it. */
export interface Lookalike {
  /** Whether these are its first bytes, also given as text. */
  readonly test: (head: Uint8Array, text: string) => boolean;
  /** What it is. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
  /** The error's code, unless it is `unrecognized`: then no reader could read it. */
  readonly code?: ErrorCode;
}

const magic = (...bytes: number[]) => (head: Uint8Array): boolean =>
  bytes.every((byte, i) => head[i] === byte);

/** One line a kind of file, the more telling ones first. */
const LOOKALIKES: readonly Lookalike[] = [
  {
    test: (head) => head.length === 0,
    message: "The file is empty",
    hint: "the download or the save failed; get it again",
    code: "truncated",
  },
  {
    test: (_, text) => text.startsWith("version https://git-lfs.github.com/spec/"),
    message: "This is a Git LFS pointer, not the model",
    hint: "run git lfs pull, or download the file itself",
  },
  {
    test: (_, text) => /^\s*(<!doctype html|<html|<\?xml|<head)/i.test(text),
    message: "This is a web page, not a model",
    hint:
      "the download link needs a log-in or has moved; open the file in a browser to see what it says",
  },
  {
    test: (_, text) => /^\s*\{\s*"(error|message)"/.test(text),
    message: "This is an error message of a server, not a model",
    hint: "look at its text and download the file again",
  },
  {
    test: magic(0x50, 0x4b, 3, 4),
    message: "This is a zip archive without a PyTorch or numpy record in it",
    hint: "unpack it and name the model inside",
  },
  {
    test: magic(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c),
    message: "This is a 7z archive",
    hint: "unpack it and name the model inside",
  },
  {
    test: (_, text) => text.startsWith("Rar!\x1a\x07"),
    message: "This is a RAR archive",
    hint: "unpack it and name the model inside",
  },
  {
    test: magic(0x28, 0xb5, 0x2f, 0xfd),
    message: "This is zstd-compressed data",
    hint: "unpack it with zstd -d first",
  },
  {
    test: magic(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
    message: "This is an HDF5 file (Keras, or a .mat of version 7.3)",
    hint: "export it as safetensors or npz with the library that wrote it",
  },
  {
    test: (_, text) => text.startsWith("GGUF"),
    message: "This is a GGUF file (llama.cpp)",
    hint: "take the model's safetensors instead",
  },
  {
    test: (head, text) =>
      head[0] === 8 && head[1]! <= 0x20 && /^.{2,42}(onnx|pytorch|keras)/is.test(text.slice(0, 64)),
    message: "This is an ONNX model",
    hint: "take the checkpoint that it was exported from",
  },
  {
    test: (_, text) => text.slice(4, 8) === "TFL3",
    message: "This is a TensorFlow Lite model",
    hint: "take the checkpoint that it was exported from",
  },
  {
    test: (_, text) => text.slice(4, 8) === "PTMF",
    message: "This is a PyTorch mobile model in the flatbuffer form",
    hint: "take the .pt or .ptl that it was made from",
  },
  {
    test: (_, text) => text.startsWith("MATLAB 5.0 MAT-file"),
    message: "This is a MATLAB file",
    hint: "save its arrays as npz with scipy.io.loadmat and numpy.savez",
  },
  {
    test: (_, text) => text.startsWith("%PDF-"),
    message: "This is a PDF document",
    hint: "name the model itself",
  },
  {
    test: (head) => head.every((byte) => byte === 0),
    message: "The file holds nothing but zeros",
    hint: "the copy or the download broke off; get it again",
    code: "corrupt",
  },
  {
    test: (_, text) => /^[\s]*[[{]/.test(text),
    message: "This is JSON text, but none that statedict wrote",
    hint: "a sharded model is opened by its *.index.json; its weights lie beside it",
  },
];

/** The kind of file that begins with these bytes, if it is one that people take for a model. */
export function findLookalike(head: Uint8Array): Lookalike | undefined {
  let text = "";
  for (const byte of head) text += String.fromCharCode(byte);
  return LOOKALIKES.find((kind) => kind.test(head, text));
}

/** The error for bytes that no format claims: what they look like, and what to do. */
export function describeUnknown(probe: Probe): StateDictError {
  const { head, source } = probe;
  const found = findLookalike(head);
  if (found) {
    return new StateDictError(found.code ?? "unrecognized", found.message, {
      path: source.name,
      hint: found.hint,
    });
  }
  return new StateDictError("unrecognized", "This is no model file that statedict knows", {
    path: source.name,
    hint: "it reads PyTorch, joblib, pickle, safetensors, npy and npz",
  });
}
