/**
 * The command `scan`: whether files may be loaded by somebody who doesn't trust them.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";
import { scanFolder } from "../scan/folder.ts";
import type { FolderResult } from "../scan/folder.ts";
import { severity } from "../scan/verdict.ts";
import type { Verdict } from "../scan/verdict.ts";
import { jsonText } from "../text/json.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit.ts";
import { remoteOptions } from "./input.ts";
import type { Io } from "./io.ts";
import { scanDocument } from "./scan_json.ts";

/** `statedict scan PATH…`. */
export const command: Command = defineCommand({
  args: {
    paths: {
      value: "PATH",
      many: true,
      help: "files, remote ones too, and folders with all that is in them",
    },
  },
  options: {
    json: { type: "boolean", help: "one JSON document a file, each on a line" },
    sarif: { type: "boolean", help: "one SARIF 2.1.0 document, for code scanning" },
    failOn: {
      type: "string",
      value: "VERDICT",
      choices: ["unknown", "corrupt", "suspicious", "dangerous"],
      default: "unknown",
      help: "the mildest verdict that gives the exit status 1",
    },
    allow: {
      type: "string",
      value: "NAME",
      multiple: true,
      help: "a name that counts as harmless: module.qualname",
    },
  },
  examples: [
    ["statedict scan model.pt", "what it names, and what that means"],
    ["statedict scan models/ --fail-on suspicious", "a gate that lets unknown classes pass"],
    ["statedict scan models/ --sarif > scan.sarif", "for a code-scanning service"],
  ],
  notes:
    "Verdicts, from the best: safe, unknown, corrupt, suspicious, dangerous. safe means that a file\n" +
    "names nothing outside the allowlist; what its weights do is not looked at. The exit status is 0\n" +
    "only if every file is better than --fail-on, and 3 if one can't be read or none is a model.",
  async run({ args: { paths }, options: { json, sarif, failOn, allow } }, io) {
    if (json && sarif) {
      throw new StateDictError("usage", "--json and --sarif exclude each other", {
        hint: "run it twice",
      });
    }
    const results: FolderResult[] = [];
    for (const path of paths) {
      for await (const result of scanFolder(path, { allow, remote: remoteOptions(path, io) })) {
        if (json) io.stdout(`${jsonText(await scanDocument(result))}\n`);
        else if ("error" in result) await complain(result.error, io);
        results.push(json ? withoutDetails(result) : result);
      }
    }
    if (sarif) {
      const { sarifDocument } = await import("./scan_sarif.ts");
      io.stdout(`${jsonText(sarifDocument(results))}\n`);
    } else if (!json) {
      const { listScan } = await import("./scan_text.ts");
      listScan(results, io);
    }
    return exitStatus(results, failOn as Verdict);
  },
});

async function complain(error: unknown, io: Io): Promise<void> {
  const { reportError } = await import("./errors.ts");
  reportError(error, io);
}

/** What the exit status needs: a folder's reports in full may take much memory. */
function withoutDetails(result: FolderResult): FolderResult {
  return "verdict" in result ? { ...result, findings: [], globals: [] } : result;
}

function exitStatus(results: readonly FolderResult[], failOn: Verdict): number {
  if (results.some((result) => "error" in result)) return EXIT.unreadable;
  const verdicts = results.flatMap((result) => "verdict" in result ? [result.verdict] : []);
  if (verdicts.length === 0) return EXIT.unreadable;
  const failed = verdicts.some((verdict) => severity(verdict) >= severity(failOn));
  return failed ? EXIT.negative : EXIT.fine;
}
