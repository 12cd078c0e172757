/**
 * Raw elements, one tensor after another, and beside them a JSON file that says how to read them.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { writeBytes } from "../../io/sink.ts";
import { writeJson } from "../../text/json.ts";
import type { JsonValue } from "../../text/json.ts";
import { plainArrays, tensorBytes } from "../tensor_bytes.ts";
import type { ArrayPlan, FormatWriter, WriteInput } from "../writer.ts";

/** Each tensor begins at a multiple of this: no typed array or GPU copy asks for more. */
const ALIGNMENT = 64;

/** Writes `OUT` and `OUT.json`. */
export const RAW_WRITER: FormatWriter = {
  plan,
  beside: ".json",
  async write(input, sink, options) {
    if (!options.beside) {
      throw new StateDictError("usage", "Raw elements need a second file beside the output", {
        path: sink.name,
        hint: "write them to a path",
      });
    }
    const { arrays, left } = plan(input);
    const entries: JsonValue[] = [];
    for (const { name, tensor } of arrays) {
      const padding = (ALIGNMENT - sink.position % ALIGNMENT) % ALIGNMENT;
      if (padding > 0) await writeBytes(sink, new Uint8Array(padding));
      entries.push(
        new Map<string, JsonValue>([
          ["name", name],
          ["dtype", tensor.dtype.name],
          ["shape", [...tensor.shape]],
          ["offset", sink.position],
          ["nbytes", tensor.nbytes],
        ]),
      );
      for await (const block of tensorBytes(tensor, options)) await writeBytes(sink, block);
    }
    const parts: string[] = [];
    const sidecar = new Map<string, JsonValue>([
      ["format", "raw"],
      ["byteOrder", "little"],
      ["order", "C"],
      ["alignment", ALIGNMENT],
      ["size", sink.position],
      ["metadata", input.metadata],
      ["tensors", entries],
    ]);
    writeJson(sidecar, (part) => parts.push(part));
    const beside = await options.beside();
    await writeBytes(beside, new TextEncoder().encode(`${parts.join("")}\n`));
    return { left };
  },
};

function plan(input: WriteInput): ArrayPlan {
  return { ...plainArrays(input.catalogue(), () => undefined), tied: new Map() };
}
