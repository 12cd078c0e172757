/**
 * What a writer is given of a checkpoint or of a program's own values.
 *
 * @module
 */

import type { LeftOut, WriteCatalogue, WriteInput, WriterRow } from "../formats/writer.ts";
import type { PyValue } from "../pickle/values.ts";
import { PyView } from "../pickle/view.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { quoted } from "../text/quoted.ts";
import { Checkpoint } from "./checkpoint.ts";
import { outline } from "./outline.ts";
import type { OutlineEntry } from "./outline.ts";
import { distinguish } from "./paths.ts";
import { stateDictValue } from "./state_dict.ts";
import { restoreTied } from "./tied.ts";

/** The input as writers take it. */
export function writeInput(input: Checkpoint | PyValue): WriteInput {
  if (!(input instanceof Checkpoint)) {
    const reduce = (value: PyValue) => value;
    return {
      value: input,
      reduce,
      metadata: new Map(),
      origin: null,
      catalogue: () => catalogue(outline(input, reduce)),
    };
  }
  const checkpoint = restoreTied(input);
  const { value, reduce, metadata, format } = checkpoint;
  const constants = constantsLeft(checkpoint);
  if (format === "torchscript") return stateDictInput(checkpoint, constants);
  return {
    // Of a file of several pickles, the list of them.
    value: value instanceof PyView && value.list ? value.list : value,
    reduce,
    metadata,
    origin: format,
    left: constants,
    catalogue: () => catalogue(checkpoint.outline(), constants),
  };
}

/** What the program in a file uses beside its value, and the value alone is written. */
function constantsLeft({ constants }: Checkpoint): LeftOut[] {
  return [...constants.keys()].map((path) => ({
    path: `constants.${path}`,
    why: "it is a constant of the program in the file",
  }));
}

/** The classes of a TorchScript archive are in its code, so only its tensors can go elsewhere. */
function stateDictInput(checkpoint: Checkpoint, constants: readonly LeftOut[]): WriteInput {
  const { tensors, others } = catalogue(checkpoint.outline(), constants);
  return {
    value: stateDictValue(tensors),
    reduce: (value) => value,
    metadata: new Map(),
    origin: null,
    left: others,
    catalogue: () => ({ tensors, others }),
  };
}

function catalogue(
  entries: Iterable<OutlineEntry>,
  left: readonly LeftOut[] = [],
): WriteCatalogue {
  const tensors = new Map<string, Tensor>();
  const others: LeftOut[] = [...left];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === "tensor") tensors.set(distinguish(entry.path, seen), entry.tensor);
    else if (entry.kind === "ref") {
      others.push({ path: entry.path, why: `it is the very object at ${quoted(entry.target)}` });
    } else if (entry.kind === "leaf" || (entry.kind === "empty" && entry.path !== "")) {
      others.push({ path: entry.path, why: "it is no tensor" });
    }
  }
  return { tensors, others };
}

/** Text metadata that a format has no place for. */
export function metadataLeft(metadata: ReadonlyMap<string, string>, row: WriterRow): LeftOut[] {
  if (row.metadata) return [];
  return [...metadata.keys()]
    // Says only which framework wrote the file.
    .filter((key) => key !== "format")
    .map((key) => ({ path: `__metadata__.${key}`, why: `${row.name} has no place for metadata` }));
}
