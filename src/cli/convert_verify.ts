/**
 * Reads what was written again.
 *
 * @module
 */

import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import { restoreTied } from "../checkpoint/tied.ts";
import { StateDictError } from "../errors.ts";
import type { WriteReport } from "../formats/writer.ts";
import { tensorSha256 } from "../tensor/hash.ts";
import { verifyStorage } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { withParts } from "../tensor/tensor.ts";

/** Compares every tensor of the output with what should be there. @throws `corrupt` if one differs. */
export async function verifyOutput(
  output: string,
  expected: Checkpoint,
  report: WriteReport,
): Promise<void> {
  const left = new Set(report.left.map(({ path }) => path));
  await using file = await openCheckpoint(report.index ?? output, { inert: true });
  const written = restoreTied(file);
  for (const [name, tensor] of expected.tensors) {
    if (left.has(name)) continue;
    const twin = written.tensors.get(name);
    if (!twin) throw differs(output, name, "is missing");
    if (await digestOf(tensor) !== await digestOf(twin)) {
      throw differs(output, name, "has other bytes");
    }
  }
}

function differs(output: string, name: string, how: string): StateDictError {
  return new StateDictError(
    "corrupt",
    `Tensor ${JSON.stringify(name)} ${how} in what was written`,
    {
      path: output,
      hint: "the disk may be failing; write it again",
    },
  );
}

/** The digests of a tensor, or of the parts that make it up. */
async function digestOf(tensor: Tensor): Promise<string> {
  const digests: string[] = [];
  for (const part of withParts(tensor)) {
    if (!part.storage || part.isComposite) continue;
    await verifyStorage(part.storage);
    digests.push(await tensorSha256(part));
  }
  return digests.join();
}
