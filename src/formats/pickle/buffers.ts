/**
 * Out-of-band buffers of protocol 5, saved as `NAME.buf0`, `NAME.buf1`, … beside the pickle `NAME`.
 *
 * @module
 */

import { isStateDictError, StateDictError } from "../../errors.ts";
import { reopening } from "../../io/reopen.ts";
import type { ByteSource } from "../../io/source.ts";
import { PyBytes } from "../../pickle/values.ts";
import type { FormatOptions } from "../format.ts";

/** Finds the buffer of a number. */
export async function findBuffer(
  index: number,
  { name }: ByteSource,
  { sibling }: FormatOptions,
): Promise<PyBytes> {
  const file = `${
    name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)
  }.buf${index}`;
  try {
    if (sibling) {
      const source = await reopening(() => sibling(file));
      return new PyBytes("bytes", null, { source, offset: 0, length: source.size });
    }
  } catch (error) {
    if (!isStateDictError(error) || error.code !== "not-found") throw error;
  }
  throw new StateDictError("corrupt", `The out-of-band buffer ${index} is missing`, {
    hint: `give the buffers (option buffers), or put ${file} beside the pickle`,
  });
}
