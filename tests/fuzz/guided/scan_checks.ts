/**
 * What holds of the scan of any bytes, whatever they are.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { scanDocument } from "../../../src/cli/scan_json.ts";
import { sarifDocument } from "../../../src/cli/scan_sarif.ts";
import { scan } from "../../../src/scan/scan.ts";
import { isHidden } from "../../../src/text/escape.ts";
import { jsonText } from "../../../src/text/json.ts";
import { attempt } from "../target.ts";

/**
 * Scans, and reads the file beside it: every name that a reader meets must be in the report, and
 * the reports hold no character that hides.
 */
export async function checkScan(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const report = await scan(bytes);
  for (const document of [sarifDocument([report]), await scanDocument(report)]) {
    const hidden = [...jsonText(document)].find((character) =>
      character !== "\n" && isHidden(character)
    );
    assert.equal(hidden, undefined);
  }
  const names = new Set(report.globals.flatMap(({ name, mapped }) => [name, mapped]));
  await attempt(async () => {
    await using checkpoint = await openCheckpoint(bytes, { inert: true });
    for (const { name } of checkpoint.globals) {
      assert.ok(names.has(name), `The scan misses ${JSON.stringify(name)}`);
    }
  });
}
