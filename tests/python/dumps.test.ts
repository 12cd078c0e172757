import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dumps, loads } from "../../src/checkpoint/plain.ts";
import { PyFloat, PyTuple } from "../../src/pickle/values.ts";
import { tensorFrom } from "../../src/tensor/from.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { findPython, withoutPython } from "../support/python.ts";
import { withScratch } from "../support/scratch.ts";

const skip = withoutPython(["numpy"]);

/** Loads each pickle and writes its `repr`, one a line. */
const SHOW = `
import pickle, sys
import numpy
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        print(ascii(pickle.load(file)))`;

/** Values, and the `repr` of what they are to be in Python. */
const VALUES: readonly [value: unknown, repr: string][] = [
  [
    { epoch: 3, lr: 0.5, whole: new PyFloat(2), none: undefined, big: -(2n ** 70n) },
    "{'epoch': 3, 'lr': 0.5, 'whole': 2.0, 'none': None, 'big': -1180591620717411303424}",
  ],
  [
    [true, "\ud83d\ude00\0", new Uint8Array([0, 255]), new PyTuple([]), new Set([1])],
    "[True, '\\U0001f600\\x00', b'\\x00\\xff', (), {1}]",
  ],
  [
    new Map<unknown, unknown>([[1, NaN], [new PyTuple([1, "a"]), -Infinity], [null, -0]]),
    "{1: nan, (1, 'a'): -inf, None: -0.0}",
  ],
  [tensorFrom(new Float32Array([1.5, -2]), [2]), "array([ 1.5, -2. ], dtype=float32)"],
  [tensorFrom(new BigInt64Array([-1n, 2n ** 62n]), [1, 2]), "array([[ -1, 4611686018427387904]])"],
  [tensorFrom(new Uint8Array([1, 0]), [2], "bool"), "array([ True, False])"],
  [tensorFrom(new Float64Array(0), [0, 3]), "array([], shape=(0, 3), dtype=float64)"],
  [tensorFrom(new Int16Array([7]), []), "array(7, dtype=int16)"],
];

for (const protocol of [0, 1, 2, 3, 4, 5]) {
  test(
    `Python loads what dumps() writes in protocol ${protocol}`,
    { skip, timeout: 60_000 },
    () =>
      withScratch((folder) => {
        const names = VALUES.map(([value], i) => {
          const name = join(folder, `${i}.pkl`);
          writeFileSync(name, dumps(value, { protocol }));
          return name;
        });
        const { stdout, stderr } = spawnSync(findPython(["numpy"])!, ["-c", SHOW, ...names]);
        const shown = String(stdout).trimEnd().split("\n").map((line) => line.replace(/ +/g, " "));
        const wanted = VALUES.map(([, repr]) => repr.replace(/ +/g, " "));
        assert.deepEqual(shown, wanted, String(stderr));
      }),
  );
}

/** Writes arrays of numpy's own dtypes, for `loads` to read. */
const MAKE = `
import pickle, sys
import numpy as np
arrays = {
    "f2": np.array([1.5], "<f2"), "u8": np.array([2**64 - 1], ">u8"), "U": np.array(["aé"]),
    "S": np.array([b"x\\0"]), "M": np.array(["2024-02-29"], "M8[D]"), "c": np.array([1 - 2j], "c8"),
    "rec": np.array([(1, 2.5)], [("n", "<i2"), ("f", "<f8", (2,))]), "F": np.asfortranarray([[1, 2], [3, 4]]),
}
with open(sys.argv[1], "wb") as file:
    pickle.dump(arrays, file, int(sys.argv[2]))`;

for (const protocol of [0, 2, 4, 5]) {
  test(
    `loads() reads numpy's arrays of protocol ${protocol}`,
    { skip, timeout: 60_000 },
    () =>
      withScratch((folder) => {
        const name = join(folder, "x.pkl");
        const made = spawnSync(findPython(["numpy"])!, ["-c", MAKE, name, String(protocol)]);
        assert.equal(made.status, 0, String(made.stderr));
        const arrays = loads(new Uint8Array(readFileSync(name))) as Record<string, Tensor>;
        const shown = Object.entries(arrays).map(([key, tensor]) => [key, tensor.toJS()]);
        assert.deepEqual(Object.fromEntries(shown), {
          f2: [1.5],
          u8: [2n ** 64n - 1n],
          U: ["aé"],
          S: ["x"],
          M: [19_782], // days since 1970
          c: [[1, -2]],
          rec: [[1, [2.5, 2.5]]],
          F: [[1, 2], [3, 4]],
        });
      }),
  );
}
