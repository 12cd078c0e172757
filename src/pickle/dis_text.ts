/**
 * A pickle's listing as lines of text.
 *
 * @module
 */

import type { Argument } from "./dis_arguments.ts";
import type { Disassembled, Instruction } from "./dis.ts";
import type { ArgumentKind } from "./opcodes.ts";
import { floatRepr } from "./writer_text.ts";

/** Characters of a text, or bytes, that a line shows of an argument. */
const SHOWN = 72;
/** Deeper marks indent no further. */
const MAX_INDENT = 16;

/**
 * One line of a listing: offset, opcode, argument, and the name behind it where there is one. Free
 * of control characters, whatever the file says.
 */
export function disassemblyLine(line: Disassembled): string {
  const offset = String(line.offset).padStart(8);
  if (line.kind === "error") return `${offset}  ! ${line.error.message}`;
  if (line.kind === "data") return `${offset}  ${" ".repeat(4)}${line.length} bytes of data`;
  const { opcode, depth } = line;
  const byte = opcode.byte.toString(16).padStart(2, "0");
  const name = opcode.name.padEnd(17);
  const indent = " ".repeat(Math.min(depth, MAX_INDENT));
  const parts = [argumentText(line), nameText(line)].filter((part) => part !== "").join("  ");
  return `${offset}  ${byte}  ${indent}${name}${parts}`.trimEnd() +
    (line.problem ? `  ! ${line.problem}` : "");
}

/** Text in the stream, but a number in what it says. */
const NUMBER_LINES: ReadonlySet<ArgumentKind> = new Set<ArgumentKind>([
  "int-line",
  "long-line",
  "float-line",
  "index-line",
]);

function argumentText({ argument, opcode }: Instruction): string {
  if (argument === null || opcode.argument === "name-lines") return "";
  if (argument instanceof Uint8Array) return bytesText(argument);
  if (typeof argument === "string") {
    return NUMBER_LINES.has(opcode.argument) ? escape(argument) : quote(argument);
  }
  return opcode.argument === "f8" ? floatRepr(argument as number) : String(argument as Argument);
}

function nameText({ global, renamed, opcode }: Instruction): string {
  if (!global) return "";
  const written = opcode.argument === "name-lines" ? global.join(" ") : `= ${global.join(".")}`;
  return escape(written + (renamed ? ` = ${renamed.join(".")}` : ""));
}

function quote(text: string): string {
  return `"${escape(text)}"`;
}

function bytesText(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, SHOWN / 4);
  const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `<${hex}${bytes.length > shown.length ? "…" : ""}> ${bytes.length} bytes`;
}

/** What a terminal, or a reader, could take for something else: controls, format and lone surrogates. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function escape(text: string): string {
  const shown = text.length > SHOWN ? text.slice(0, SHOWN) : text;
  const escaped = JSON.stringify(shown).slice(1, -1).replace(UNSHOWABLE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
  });
  return shown === text ? escaped : `${escaped}… (${text.length} characters)`;
}
