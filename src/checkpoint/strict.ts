/**
 * Strict reading: a file that names anything outside the allowlist is refused as a whole, with
 * every such name, before any value is handed out.
 *
 * @module
 */

import { locate, StateDictError } from "../errors.ts";
import type { FileGlobal, Opened } from "../formats/format.ts";
import { isAllowed } from "../pickle/allowlist.ts";

/** Names in an error's line; all of them are in its `globals`. */
const NAMES_SHOWN = 5;

/** The names of a file that are neither allowed here nor by the caller, each once. */
export function refusedGlobals(
  opened: Pick<Opened, "globals" | "allows">,
  allow: ReadonlySet<string>,
): FileGlobal[] {
  const { allows = isAllowed } = opened;
  const refused = new Map<string, FileGlobal>();
  for (const use of opened.globals) {
    if (allow.has(use.name) || allow.has(use.written) || allows(use.module, use.qualname)) continue;
    if (!refused.has(use.written)) refused.set(use.written, use);
  }
  return [...refused.values()];
}

/** A name as the file spells it, and as Python 3 does where that is another. */
function spelled({ written, name }: FileGlobal): string {
  return written === name ? written : `${written} (${name})`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/**
 * Throws `refused` if the file, or another that is a part of it, names what isn't allowed or does
 * what no ordinary pickle does.
 */
export function checkStrict(
  opened: Pick<Opened, "globals" | "anomalies" | "allows" | "shards">,
  allow: ReadonlySet<string>,
): void {
  for (const shard of opened.shards ?? []) {
    try {
      checkStrict(shard.opened, allow);
    } catch (error) {
      throw locate(error, shard.name);
    }
  }
  const refused = refusedGlobals(opened, allow);
  if (refused.length > 0) {
    const shown = refused.slice(0, NAMES_SHOWN).map(spelled).join(", ");
    const rest = refused.length - NAMES_SHOWN;
    const odd = opened.anomalies.find(({ level }) => level === "dangerous");
    throw new StateDictError(
      "refused",
      `The file names ${shown}${rest > 0 ? ` and ${rest} more` : ""}, which ${
        refused.length === 1 ? "is" : "are"
      } not on the allowlist${odd ? `; besides, ${lowerFirst(odd.message)}` : ""}`,
      {
        offset: refused[0]!.offset,
        ...(refused[0]!.where ? { member: refused[0]!.where } : {}),
        globals: refused.map((use) => ({ name: use.written, offset: use.offset })),
        hint:
          "if you trust these names, allow them (option allow), or look at the file inertly (option inert)",
      },
    );
  }
  const [anomaly] = opened.anomalies;
  if (anomaly) {
    throw new StateDictError("refused", anomaly.message, {
      offset: anomaly.offset,
      ...(anomaly.where ? { member: anomaly.where } : {}),
      hint: "no ordinary pickler writes this; look at the file inertly (option inert)",
    });
  }
}
