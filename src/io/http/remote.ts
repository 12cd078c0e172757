/**
 * A remote file and the files beside it.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { isPlainName } from "../beside.ts";
import type { ByteSource } from "../source.ts";
import { spanBudget } from "../span_cache.ts";
import { besideAddress, parseAddress } from "./names.ts";
import type { HttpOptions } from "./options.ts";
import { openHttp } from "./source.ts";

/** A remote file, with a way to those beside it. */
export interface RemotePlace {
  /** How errors name it. */
  readonly path: string;
  /** Its bytes. */
  readonly source: ByteSource;
  /** Opens a file beside it, by its plain name. */
  readonly sibling: (name: string) => Promise<ByteSource>;
}

/** Opens a remote file. What is kept in memory is one budget for it and all that lie beside it. */
export async function openRemote(
  address: string | URL,
  options: HttpOptions,
): Promise<RemotePlace> {
  const parsed = parseAddress(address, options);
  const budget = spanBudget();
  const source = await openHttp(parsed, { budget });
  // Kept open: some are opened anew for each read, which would ask for their ends each time.
  const siblings = new Map<string, Promise<ByteSource>>();
  return {
    path: parsed.name,
    source,
    async sibling(name) {
      if (!isPlainName(name)) {
        throw new StateDictError("refused", `${JSON.stringify(name)} is no plain file name`, {
          path: parsed.name,
          hint: "only files in the same folder are opened, by their bare names",
        });
      }
      const opening = siblings.get(name) ?? openHttp(besideAddress(parsed, name), { budget });
      siblings.set(name, opening);
      try {
        return { ...await opening, close: () => Promise.resolve() };
      } catch (error) {
        siblings.delete(name);
        throw error;
      }
    },
  };
}
