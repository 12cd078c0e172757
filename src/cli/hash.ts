/**
 * The command `hash`: digests that tell whether two files hold the same weights.
 *
 * @module
 */

import { digestCheckpoint } from "../checkpoint/digest.ts";
import { StateDictError } from "../errors.ts";
import { sha256Hex } from "../tensor/hash.ts";
import { sourceChunks } from "../io/source_chunks.ts";
import { openBytes, openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { failFile } from "./fail_file.ts";
import { EXIT } from "./exit.ts";
import { showText } from "../text/escape.ts";
import type { Io } from "./io.ts";
import { jsonText } from "../text/json.ts";
import { startProgress } from "./progress.ts";
import { secondHand } from "./second_hand.ts";

/** `statedict hash FILE…`. */
export const command: Command = defineCommand({
  args: { files: { value: "FILE", many: true, help: "files to hash" } },
  options: {
    file: { type: "boolean", help: "the digest of the file itself too" },
    all: { type: "boolean", help: "only the digest of all tensors" },
    json: { type: "boolean", help: "one JSON document a file, each on a line" },
  },
  examples: [
    ["statedict hash model.pt model.safetensors", "the last lines are equal for twins"],
    ["statedict hash --all *.pt", "one line a file"],
  ],
  notes:
    "A tensor's digest is the SHA-256 of its elements, row-major and little-endian. The digest of\n" +
    "all is over names, dtypes, shapes and digests, sorted by name: order, container, metadata and\n" +
    "other values don't count.",
  async run({ args: { files }, options }, io) {
    let status: number = EXIT.fine;
    for (const file of files) {
      try {
        await hashFile(file, options, io);
      } catch (error) {
        status = Math.max(status, failFile(file, error, options.json, io));
      }
    }
    return status;
  },
});

async function hashFile(
  file: string,
  options: { readonly file: boolean; readonly all: boolean; readonly json: boolean },
  io: Io,
): Promise<void> {
  if (options.file && file === "-") {
    throw new StateDictError("usage", "Standard input can be read only once", {
      path: file,
      hint: "leave out --file",
    });
  }
  await using checkpoint = await openInput(file, io);
  // Tensors that are one and the same are read once.
  const tensors = new Set(checkpoint.tensors.values());
  const total = [...tensors].reduce((sum, { nbytes }) => sum + nbytes, 0);
  const progress = startProgress(io, { label: `Hashing ${file}`, total });
  const hand = await secondHand(checkpoint, { file, io, asked: ["sha256"] });
  let done = 0;
  const digest = await digestCheckpoint(checkpoint, {
    progress: (bytes) => progress.update(done += bytes),
    known: async (tensor) => (await hand.answers(tensor))?.sha256,
  }).finally(() => {
    hand.end();
    progress.end();
  });
  const whole = options.file ? await fileDigest(file, io) : undefined;
  if (options.json) {
    const tensors = [...digest.tensors].map(([name, sha256]) => ({ name, sha256 }));
    io.stdout(
      `${
        jsonText({ file, sha256: digest.all, ...(whole ? { file_sha256: whole } : {}), tensors })
      }\n`,
    );
    return;
  }
  const shown = showText(file, { max: 400, cut: "middle" });
  if (!options.all) {
    for (const [name, sha256] of digest.tensors) {
      io.stdout(`${sha256}  ${showText(name || "(root)")}\n`);
    }
  }
  if (whole) io.stdout(`${whole}  file ${shown}\n`);
  io.stdout(`${digest.all}  ${options.all ? shown : `all of ${shown}`}\n`);
}

async function fileDigest(file: string, io: Io): Promise<string> {
  const source = await openBytes(file, io);
  try {
    return await sha256Hex(sourceChunks(source));
  } finally {
    await source.close();
  }
}
