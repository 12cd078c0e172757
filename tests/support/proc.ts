/**
 * What the system tells of a process. A program is asked, as Deno lets nobody read `/proc` who may
 * not do everything.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";

/** A reason to skip where the system doesn't tell. */
export const withoutProc: false | string = process.platform === "linux"
  ? false
  : "no /proc that tells of processes";

function ask(program: string, ...words: string[]): string {
  return spawnSync(program, words, { encoding: "utf8" }).stdout ?? "";
}

/** The most memory that a process has held at a time, in MiB; 0 if it has gone. */
export function peakMemory(pid: number): number {
  const text = ask("cat", `/proc/${pid}/status`);
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}

/** Files below a folder that a process holds open. */
export function openFilesIn(folder: string, pid: number): number {
  return ask("ls", "-l", `/proc/${pid}/fd`).split(`-> ${folder}/`).length - 1;
}
