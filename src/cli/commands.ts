/**
 * The commands there are. A new one is a file and a line here.
 *
 * @module
 */

import type { Command, Program } from "./command.ts";

/**
 * Loads the file of a command. Its name is a variable, as Deno would prepare all modules of every
 * command that it sees named, at each start: a fifth of the time that a small file takes.
 */
const from = (file: string) => (): Promise<{ readonly command: Command }> => import(file);

/** All commands, in the order in which the help lists them. */
export const COMMANDS: Program = [
  {
    name: "inspect",
    summary: "list the tensors and values of files",
    load: from("./inspect.ts"),
  },
  {
    name: "extract",
    summary: "write tensors as JSON, raw bytes, npy, npz or safetensors",
    load: from("./extract.ts"),
  },
  {
    name: "convert",
    summary: "save again in another format, with other names, types or shards",
    load: from("./convert.ts"),
  },
  {
    name: "scan",
    summary: "say whether files run code or play tricks when they are loaded",
    load: from("./scan.ts"),
  },
  {
    name: "diff",
    summary: "compare the tensors and values of two files",
    load: from("./diff.ts"),
  },
  {
    name: "hash",
    summary: "a digest per tensor and one of all, whatever the container",
    load: from("./hash.ts"),
  },
  {
    name: "verify",
    summary: "read every byte, say what is damaged, and save the rest",
    load: from("./verify.ts"),
  },
  {
    name: "dis",
    summary: "the opcodes of a file's pickles, with offsets and names",
    load: from("./dis.ts"),
  },
  {
    name: "completions",
    summary: "print the completion script of a shell",
    load: from("./completions.ts"),
  },
  {
    name: "help",
    summary: "tell more of a command",
    load: from("./help.ts"),
  },
];
