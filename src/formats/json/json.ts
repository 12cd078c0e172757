/**
 * JSON files: plain data, and what `convert` wrote. The scheme is told in `docs/json.md`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { readBytes } from "../../io/source.ts";
import type { PyGlobal } from "../../pickle/values.ts";
import { parseJson } from "../../text/json_parse.ts";
import type { JsonValue } from "../../text/json.ts";
import { PickleReport } from "../format.ts";
import type { Format } from "../format.ts";
import { isJson } from "../sniff.ts";
import { torchReduce } from "../torch/reduce.ts";
import { decodeGraph } from "./decode.ts";
import { decodeStorage, decodeStorages, decodeTensor } from "./tensors.ts";

/** Bytes of JSON that are read: the text and what it becomes take several times as much memory. */
export const MAX_JSON: number = 256 * 1024 * 1024;

/** The key that tells a tree with storages from plain data; its value is the scheme's version. */
export const ENVELOPE = "$statedict";

/** One JSON text. */
export const JSON_FORMAT: Format = {
  sniff: ({ head }) => isJson(head),

  async open({ source }, { signal, reducers }) {
    if (source.size > MAX_JSON) {
      throw new StateDictError(
        "limit",
        `A JSON text of ${source.size} bytes, more than ${MAX_JSON}`,
      );
    }
    const json = parseJson(textOf(await readBytes(source, 0, source.size, signal)));
    const envelope = json instanceof Map && json.has(ENVELOPE)
      ? json as Map<string, JsonValue>
      : undefined;
    if (envelope && envelope.get(ENVELOPE) !== 1) {
      throw new StateDictError("unsupported", "The JSON is of a later version of statedict");
    }
    const storages = decodeStorages(envelope?.get("storages"));
    const names: PyGlobal[] = [];
    const value = decodeGraph(
      envelope ? envelope.get("value") ?? null : json,
      (tag, body, decode) => {
        if (tag === "$tensor") return decodeTensor(body, decode, storages);
        return tag === "$storage" ? decodeStorage(body, storages) : undefined;
      },
      (global) => names.push(global),
    );
    const report = new PickleReport();
    const globals = names.map((global) => ({ global, offset: 0, opcode: "GLOBAL" }));
    report.add({ globals, anomalies: [] });
    return {
      format: "json",
      compression: "none",
      value,
      reduce: await torchReduce(report.globals, {
        more: reducers ? [reducers] : [],
      }),
      globals: report.globals,
      anomalies: [],
      metadata: metadataOf(envelope?.get("metadata")),
      warnings: [],
      close: () => source.close(),
    };
  },
};

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StateDictError("corrupt", "The JSON is not valid UTF-8", { cause });
  }
}

function metadataOf(json: JsonValue | undefined): Map<string, string> {
  const metadata = new Map<string, string>();
  if (!(json instanceof Map)) return metadata;
  for (const [key, value] of json) if (typeof value === "string") metadata.set(key, value);
  return metadata;
}
