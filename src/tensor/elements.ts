/**
 * All that turns loaded bytes into elements, in one piece: a listing never needs it.
 *
 * @module
 */

import { tensorBytes } from "./bytes.ts";
import { tensorData, tensorFloat32 } from "./materialize.ts";
import type { ElementCode } from "./tensor.ts";
import { tensorToJS } from "./to_js.ts";

/** What {@linkcode Tensor} loads together with its bytes. */
export const ELEMENTS: ElementCode = {
  bytes: tensorBytes,
  data: tensorData,
  float32: tensorFloat32,
  js: tensorToJS,
};
