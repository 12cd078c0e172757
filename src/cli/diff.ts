/**
 * The command `diff`: what differs between two files.
 *
 * @module
 */

import { restoreTied } from "../checkpoint/tied.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { compareCheckpoints } from "../edit/compare.ts";
import type { Difference, Distance } from "../edit/compare.ts";
import { floatJson } from "../pickle/tagged.ts";
import { openInput } from "./input.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { describeValues } from "./document_values.ts";
import { EXIT } from "./exit.ts";
import { showText } from "../text/escape.ts";
import { jsonText } from "../text/json.ts";
import type { JsonValue } from "../text/json.ts";
import { startProgress } from "./progress.ts";
import { formatCount } from "./units.ts";

/** `statedict diff A B`. */
export const command: Command = defineCommand({
  args: {
    a: { value: "A", help: "the first file" },
    b: { value: "B", help: "the second, of any format" },
  },
  options: {
    atol: { type: "number", value: "X", default: 0, help: "absolute tolerance" },
    rtol: { type: "number", value: "X", default: 0, help: "tolerance relative to B's numbers" },
    values: { type: "boolean", help: "compare the values that are no tensors too" },
    json: { type: "boolean", help: "one JSON document" },
  },
  examples: [
    ["statedict diff model.pt model.safetensors", "is the conversion right?"],
    ["statedict diff old.pt new.pt --atol 1e-6", "what did training change?"],
  ],
  notes:
    "Two numbers are equal if |a - b| <= atol + rtol * |b|; NaN equals NaN. Exit status 1 says that\n" +
    "something differs.",
  async run({ args: { a, b }, options }, io) {
    await using first = await openInput(a, io);
    await using second = await openInput(b, io);
    const differences: Difference[] = [];
    const { tensors } = restoreTied(first);
    const total = [...tensors.values()].reduce((sum, { nbytes }) => sum + nbytes, 0);
    const progress = startProgress(io, { label: `Comparing ${a}`, total });
    let done = 0;
    const watched = { ...options, progress: (bytes: number) => progress.update(done += bytes) };
    try {
      for await (const difference of compareCheckpoints(first, second, watched)) {
        differences.push(difference);
      }
    } finally {
      progress.end();
    }
    const values = options.values ? await valueDifferences(first, second) : [];
    if (options.json) {
      const tensors = differences.map(differenceJson);
      const equal = tensors.length + values.length === 0;
      const list = values.map((value) => ({ ...value }));
      io.stdout(`${jsonText({ a, b, equal, tensors, values: list })}\n`);
    } else {
      for (const difference of differences) io.stdout(`${differenceLine(difference)}\n`);
      for (const { path, a: left, b: right } of values) {
        io.stdout(`value     ${showText(path)}: ${valueText(left)} → ${valueText(right)}\n`);
      }
      io.note(`${summary(differences, values.length, tensors.size)}\n`);
    }
    return differences.length + values.length > 0 ? EXIT.negative : EXIT.fine;
  },
});

function summary(differences: readonly Difference[], values: number, tensors: number): string {
  if (differences.length + values === 0) {
    return `${formatCount(tensors)} ${tensors === 1 ? "tensor is" : "tensors are"} equal`;
  }
  const counts = new Map<string, number>();
  for (const { kind } of differences) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (values > 0) counts.set("values changed", values);
  return [...counts].map(([kind, count]) => `${formatCount(count)} ${kind}`).join(", ");
}

function differenceLine(difference: Difference): string {
  const name = showText(difference.name || "(root)");
  const word = difference.kind.padEnd(9);
  switch (difference.kind) {
    case "added":
    case "removed":
      return `${word} ${name}`;
    case "reshaped":
      return `${word} ${name}: [${difference.from.join(", ")}] → [${difference.to.join(", ")}]`;
    case "recast":
      return `${word} ${name}: ${difference.from} → ${difference.to}${
        distanceText(difference.distance)
      }`;
    case "changed":
      return `${word} ${name}${distanceText(difference.distance)}`;
  }
}

function distanceText(distance: Distance | null): string {
  if (!distance) return "";
  const short = (value: number) => Number(value.toPrecision(4));
  const cosine = distance.cosine === null ? "" : `, cosine ${short(distance.cosine)}`;
  return `: ${formatCount(distance.count)} numbers, by up to ${short(distance.maxAbs)}, relative ${
    short(distance.relative)
  }${cosine}`;
}

function differenceJson(difference: Difference): JsonValue {
  if (!("distance" in difference)) return { ...difference };
  const { distance, ...rest } = difference;
  return {
    ...rest,
    distance: distance && {
      max_abs: floatJson(distance.maxAbs),
      relative: floatJson(distance.relative),
      cosine: distance.cosine === null ? null : floatJson(distance.cosine),
      count: distance.count,
    },
  };
}

interface ValueDifference {
  readonly path: string;
  readonly a: JsonValue;
  readonly b: JsonValue;
}

async function valueDifferences(first: Checkpoint, second: Checkpoint): Promise<ValueDifference[]> {
  const a = await describeValues(first.outline(), first.reduce);
  const b = await describeValues(second.outline(), second.reduce);
  const differences: ValueDifference[] = [];
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(path) ?? null, b.get(path) ?? null];
    const same = a.has(path) && b.has(path) && jsonText(left) === jsonText(right);
    if (!same) differences.push({ path, a: left, b: right });
  }
  return differences;
}

function valueText(value: JsonValue): string {
  return showText(jsonText(value), { max: 100 });
}
