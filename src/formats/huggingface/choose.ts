/**
 * Which index of a folder leads.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { quoted } from "../../text/quoted.ts";

/** What transformers and diffusers look for, in their order. */
const USUAL: readonly string[] = [
  "model.safetensors.index.json",
  "diffusion_pytorch_model.safetensors.index.json",
  "pytorch_model.bin.index.json",
  "diffusion_pytorch_model.bin.index.json",
];

/** Those of safetensors first: they are read without a pickle. */
const ENDINGS: readonly string[] = [".safetensors.index.json", ".bin.index.json"];

/** The index to open, and a warning if there are others. */
export function chooseIndex(
  names: readonly string[],
): { readonly name: string; readonly warnings: readonly string[] } {
  const byEnding = ENDINGS.map((ending) => names.filter((name) => name.endsWith(ending)));
  const all = byEnding.flat();
  const name = USUAL.find((usual) => all.includes(usual)) ??
    byEnding.find((found) => found.length === 1)?.[0];
  if (name === undefined) {
    throw new StateDictError("unrecognized", `The folder holds ${all.length} indexes of shards`, {
      hint: `name one of them: ${all.map(quoted).join(", ")}`,
    });
  }
  const others = all.filter((other) => other !== name).map(quoted).join(", ");
  return {
    name,
    warnings: others === "" ? [] : [`${quoted(name)} was opened; the folder also holds ${others}`],
  };
}
