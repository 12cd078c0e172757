/**
 * Reads what joblib's wrappers stand for, when the pickle machine has met one.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import type { InlineValue } from "../../pickle/read.ts";
import { makeReduce } from "../../pickle/reduce.ts";
import { PyDict } from "../../pickle/dict.ts";
import { attributeDicts } from "../../pickle/state.ts";
import type { PyObject } from "../../pickle/values.ts";
import { DTYPE_REDUCERS } from "../numpy/pickled_dtype.ts";
import { wrapperKind } from "./classes.ts";
import type { WrapperKind } from "./classes.ts";
import { readInlineArray } from "./inline.ts";
import type { JoblibStream, ReadWrapper } from "./wrapper.ts";

const READERS: Readonly<Record<WrapperKind, () => Promise<ReadWrapper>>> = {
  NumpyArrayWrapper: () => Promise.resolve(readInlineArray),
  NDArrayWrapper: async () => (await import("./companions.ts")).readCompanion,
  ZNDArrayWrapper: async () => (await import("./companions.ts")).readPackedCompanion,
};

/** Makes the function that a machine's `inline` pauses ask. */
export function wrapperReader(
  stream: JoblibStream,
): (object: PyObject, at: number) => Promise<InlineValue> {
  const context = { reduce: makeReduce({ calls: [DTYPE_REDUCERS] }) };
  let arrays = 0;
  return async (object, at) => {
    const dicts = attributeDicts(object.state!, context.reduce);
    if (!dicts) {
      throw new StateDictError("corrupt", "An array of joblib has no attributes", { offset: at });
    }
    // BUILD sets the attributes of both parts of a state, the second's last.
    const attributes = new PyDict();
    for (const dict of dicts) for (const [key, value] of dict) attributes.set(key, value);
    const read = await READERS[wrapperKind(object)!]();
    return await read(stream, { attributes, at, id: `j${arrays++}`, context });
  };
}
