import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFloat } from "../../src/tensor/float_encode.ts";
import { decodeTable, FLOAT_FORMATS } from "../../src/tensor/float_format.ts";

test("encodeFloat() gives back every code of every format", () => {
  for (const [name, format] of FLOAT_FORMATS) {
    const { bits, values } = decodeTable(format);
    for (let code = 0; code < values.length; code++) {
      const back = encodeFloat(format, bits[code]!);
      // A NaN comes back as one of the NaNs.
      if (values[code] === values[code]) assert.equal(back, code, `${name} ${code}`);
      else assert.ok(Number.isNaN(values[back]), `${name} ${code}`);
    }
  }
});

test("encodeFloat() rounds to the microscaling formats that torch doesn't cast to", () => {
  // OCP MX specification 1.0, section 6.3: ties to even, what is too large to the largest.
  const e2m1 = FLOAT_FORMATS.get("float4_e2m1")!;
  const code = (value: number) =>
    encodeFloat(e2m1, new Uint32Array(new Float32Array([value]).buffer)[0]!);
  const values = [0.25, 0.26, 0.75, 2.5, 3.5, 5, 6.9, 100, -100, -0.25];
  assert.deepEqual(values.map(code), [0, 1, 2, 4, 6, 6, 7, 7, 15, 8]);
});
