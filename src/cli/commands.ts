/**
 * The commands there are. A new one is a file and a line here.
 *
 * @module
 */

import type { Program } from "./command.ts";

/** All commands, in the order in which the help lists them. */
export const COMMANDS: Program = [
  {
    name: "inspect",
    summary: "list the tensors and values of files",
    load: () => import("./inspect.ts"),
  },
  {
    name: "extract",
    summary: "write tensors as JSON, raw bytes, npy, npz or safetensors",
    load: () => import("./extract.ts"),
  },
  {
    name: "convert",
    summary: "save again in another format, with other names, types or shards",
    load: () => import("./convert.ts"),
  },
  {
    name: "scan",
    summary: "say whether files run code or play tricks when they are loaded",
    load: () => import("./scan.ts"),
  },
  {
    name: "diff",
    summary: "compare the tensors and values of two files",
    load: () => import("./diff.ts"),
  },
  {
    name: "hash",
    summary: "a digest per tensor and one of all, whatever the container",
    load: () => import("./hash.ts"),
  },
  {
    name: "verify",
    summary: "read every byte, say what is damaged, and save the rest",
    load: () => import("./verify.ts"),
  },
  {
    name: "dis",
    summary: "the opcodes of a file's pickles, with offsets and names",
    load: () => import("./dis.ts"),
  },
  {
    name: "completions",
    summary: "print the completion script of a shell",
    load: () => import("./completions.ts"),
  },
  {
    name: "help",
    summary: "tell more of a command",
    load: () => import("./help.ts"),
  },
];
