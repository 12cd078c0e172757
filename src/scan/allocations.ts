/**
 * Calls of harmless names that ask for memory by a number, where an ordinary file holds the data.
 *
 * @module
 */

import { PyObject, PyTuple } from "../pickle/values.ts";
import type { PyGlobal, PyValue } from "../pickle/values.ts";

/** Elements that may be asked for: Python makes as many in a tenth of a second. */
const MAX_ELEMENTS = 2 ** 24;

/** Types that make their elements of what they are given to run through. */
const CONTAINERS: ReadonlySet<string> = new Set([
  "builtins.bytearray",
  "builtins.bytes",
  "builtins.frozenset",
  "builtins.list",
  "builtins.set",
  "builtins.tuple",
  "collections.Counter",
  "collections.OrderedDict",
  "collections.deque",
]);

/** Which argument of a call is a shape or a count of elements. */
function countArgument({ module, name }: PyGlobal): number | undefined {
  if (module === "torch" && /(Storage|Tensor)$/.test(name)) return 0;
  if (module === "torch.storage") return 0;
  if (module === "numpy" && name === "ndarray") return 0;
  return module.startsWith("numpy.") && name === "_reconstruct" ? 1 : undefined;
}

/** What a call asks for beyond all measure, or undefined. */
export function allocates(callee: PyGlobal, args: readonly PyValue[]): string | undefined {
  const count = CONTAINERS.has(callee.fullName)
    ? rangeLength(args[0])
    : elementCount(args[countArgument(callee) ?? args.length]);
  return count > MAX_ELEMENTS ? `${callee.written} is asked for ${count} elements` : undefined;
}

function rangeLength(range: PyValue | undefined): number {
  if (!(range instanceof PyObject) || range.calleeName !== "builtins.range") return 0;
  const numbers = range.args.items.map(numberOf);
  const [start = 0, stop = 0, step = 1] = numbers.length < 2 ? [0, numbers[0]] : numbers;
  return Math.max(0, Math.ceil((stop - start) / step));
}

function elementCount(shape: PyValue | undefined): number {
  if (shape instanceof PyTuple) {
    return shape.items.reduce((product: number, size) => product * numberOf(size), 1);
  }
  return shape === undefined ? 0 : numberOf(shape);
}

function numberOf(value: PyValue): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}
