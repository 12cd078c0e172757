/**
 * Scans as SARIF 2.1.0, which code-scanning services take.
 *
 * Everything that comes from a file is shown with its control characters spelled out, and without the
 * brackets that would make a link of it (section 3.11.6 of the standard).
 *
 * @module
 */

import type { FolderResult } from "../scan/folder.ts";
import type { ScanFinding } from "../scan/report.ts";
import { RULES } from "../scan/rules.ts";
import type { Rule } from "../scan/rules.ts";
import type { Verdict } from "../scan/verdict.ts";
import { showText } from "../text/escape.ts";
import type { JsonValue } from "../text/json.ts";
import { errorRecord } from "./errors.ts";
import { VERSION } from "./version.ts";

const SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** How SARIF ranks a finding, and the number by which GitHub does (0 to 10). */
const RANKS: Readonly<Record<Verdict, readonly [level: string, severity: string]>> = {
  safe: ["none", "0.0"],
  unknown: ["note", "2.0"],
  corrupt: ["warning", "3.0"],
  suspicious: ["warning", "6.0"],
  dangerous: ["error", "9.0"],
};

/** One document with the findings of all files. */
export function sarifDocument(results: readonly FolderResult[]): JsonValue {
  const notes = results.flatMap((result) => {
    if ("verdict" in result) return [];
    const error = "error" in result;
    const text = error ? errorRecord(result.error).message : `Skipped: ${result.skipped}`;
    return [notification(result.file, text, error ? "error" : "note")];
  });
  return {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [{
      tool: {
        driver: { name: "statedict", version: VERSION, rules: RULES.map(descriptor) },
      },
      invocations: [{
        executionSuccessful: !results.some((result) => "error" in result),
        toolExecutionNotifications: notes,
      }],
      results: results.flatMap((result) =>
        "verdict" in result ? result.findings.map((finding) => resultOf(result.file, finding)) : []
      ),
    }],
  };
}

function descriptor({ id, verdict, title, why }: Rule): JsonValue {
  const [level, severity] = RANKS[verdict];
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: `${title}. ${why}` },
    help: { text: why },
    defaultConfiguration: { level },
    properties: { tags: ["security"], "security-severity": severity, verdict },
  };
}

function resultOf(file: string, finding: ScanFinding): JsonValue {
  const { rule, verdict, global, where, offset, why } = finding;
  const name = global === null ? "" : `${global}: `;
  const place = [where, offset === null ? "" : `byte ${offset}`].filter((part) => part !== "");
  return {
    ruleId: rule,
    ruleIndex: RULES.findIndex(({ id }) => id === rule),
    level: RANKS[verdict][0],
    message: { text: plain(`${name}${why}${place.length > 0 ? ` (${place.join(", ")})` : ""}`) },
    locations: [{
      // A line is what services want to show; a model has only one.
      physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: 1 } },
      ...(where === ""
        ? {}
        : { logicalLocations: [{ fullyQualifiedName: plain(where), kind: "member" }] }),
    }],
    properties: {
      verdict,
      global: global === null ? null : plain(global),
      where: plain(where),
      offset,
    },
  };
}

function notification(file: string, text: string, level: string): JsonValue {
  return {
    level,
    message: { text: plain(text) },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) } } }],
  };
}

function plain(text: string): string {
  return showText(text, { max: Infinity }).replace(/[\\[\]]/g, "\\$&");
}

/** A path as a URI reference: relative ones stay so. */
function uriOf(file: string): string {
  const path = file.toWellFormed();
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return encodeURI(path);
  const drive = /^([A-Za-z]:)[\\/]/.exec(path)?.[1] ?? "";
  const rest = drive ? path.slice(drive.length).replaceAll("\\", "/") : path;
  const encoded = drive + rest.split("/").map(encodeURIComponent).join("/");
  if (drive) return `file:///${encoded}`;
  return encoded.startsWith("/") ? `file://${encoded}` : encoded;
}
