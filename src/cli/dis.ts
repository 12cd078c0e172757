/**
 * The command `dis`: the opcodes of a file's pickles, which are never run.
 *
 * @module
 */

import { readBytes } from "../io/source.ts";
import type { ByteSource } from "../io/source.ts";
import { DEFAULT_PICKLE_LIMITS, limitError, packedLimits } from "../pickle/limits.ts";
import { disassemble } from "../pickle/dis.ts";
import { disassemblyLine } from "../pickle/dis_text.ts";
import { locate, StateDictError } from "../errors.ts";
import { isZip } from "../formats/sniff.ts";
import { readZipDirectory } from "../zip/directory.ts";
import { STORED } from "../zip/layout.ts";
import { readMember } from "../zip/member.ts";
import { showText } from "../text/escape.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import { openBytes } from "./input.ts";
import type { Io } from "./io.ts";

/** Records of archives that hold pickles. */
const PICKLE_NAME = /\.(?:pkl|pickle)$/;

/** `statedict dis FILE`. */
export const command: Command = defineCommand({
  args: { file: { value: "FILE", help: "a pickle, or an archive with pickles in it" } },
  options: {
    member: { type: "string", value: "NAME", help: "only this record of the archive" },
  },
  examples: [
    ["statedict dis model.pt", "every .pkl record in it"],
    ["statedict dis data.pkl | grep -n REDUCE", "what is called"],
  ],
  notes:
    "A line has the offset, the opcode's byte, its name, its argument, and the name that it resolves\n" +
    "to. Where a pickle breaks, the listing says so and the exit status is 3.",
  async run({ args: { file }, options: { member } }, io) {
    const source = await openBytes(file, io);
    try {
      const head = await readBytes(source, 0, Math.min(4, source.size));
      if (isZip(head)) return await listArchive(source, member, io);
      if (member !== undefined) {
        throw new StateDictError("usage", "Only archives have members", { path: file });
      }
      checkLength(source.size, io.limits.bytes);
      return listPickles(await readBytes(source, 0, source.size), io);
    } finally {
      await source.close();
    }
  },
});

async function listArchive(
  source: ByteSource,
  member: string | undefined,
  io: Io,
): Promise<number> {
  const directory = await readZipDirectory(source);
  const entries = directory.entries.filter(({ name }) =>
    member === undefined ? PICKLE_NAME.test(name) : name === member
  );
  if (entries.length === 0) {
    throw new StateDictError("usage", "There is no such pickle in the archive", {
      path: source.name,
      ...(member === undefined ? {} : { member }),
      hint: "name a record with --member",
    });
  }
  let status: number = EXIT.fine;
  for (const entry of entries) {
    io.stdout(`${showText(entry.name)}:\n`);
    const limits = entry.method === STORED
      ? io.limits
      : packedLimits(entry.compressedSize, io.limits);
    checkLength(entry.size, limits.bytes, entry.name);
    const bytes = await readMember(directory, entry, { limit: entry.size });
    status = Math.max(status, listPickles(bytes, io));
  }
  return status;
}

function checkLength(length: number, limit = DEFAULT_PICKLE_LIMITS.bytes, member?: string): void {
  if (length <= limit) return;
  const error = limitError(`A pickle of ${length} bytes`, limit, "bytes");
  throw member === undefined ? error : locate(error, undefined, member);
}

/** All pickles, one behind the other. */
function listPickles(bytes: Uint8Array<ArrayBuffer>, io: Io): number {
  let start = 0;
  while (start < bytes.length) {
    for (const line of disassemble(bytes, { start })) {
      io.stdout(`${disassemblyLine(line)}\n`);
      if (line.kind === "error") return EXIT.unreadable;
      start = line.offset + line.length;
    }
  }
  return EXIT.fine;
}
