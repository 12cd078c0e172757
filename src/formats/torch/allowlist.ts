/**
 * The names that a strict load of a PyTorch file takes: those of `torch.load(weights_only=True)`,
 * and numpy's arrays, which checkpoints hold all the time.
 *
 * @module
 */

import { isAllowed } from "../../pickle/allowlist.ts";

/** Python's own names among them. `bytes` is how protocol 2 spells `b""`. */
const PYTHON_NAMES: ReadonlySet<string> = new Set([
  "_codecs.encode",
  "builtins.bytearray",
  "builtins.bytes",
  "builtins.complex",
  "builtins.set",
  "collections.Counter",
  "collections.OrderedDict",
]);

/** A class without data yet: PyTorch makes it by running the class. */
const NOT_LOADED = "torch.nn.parameter.UninitializedParameter";

/** Whether a strict load of a PyTorch file takes the name. */
export function isAllowedInTorch(module: string, name: string): boolean {
  const full = `${module}.${name}`;
  if (!isAllowed(module, name) || full === NOT_LOADED) return false;
  return PYTHON_NAMES.has(full) || /^(torch|numpy)(\.|$)/.test(module);
}
