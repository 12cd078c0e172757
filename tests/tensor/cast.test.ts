import assert from "node:assert/strict";
import { test } from "node:test";
import { canCast, castBytes } from "../../src/tensor/cast.ts";
import { bytesOf, digest, doubles, edges, longs, mix, type } from "./patterns.ts";

/** Digests of what torch 2.13 makes of the patterns, from `truth.py`. */
const TORCH: ReadonlyMap<string, string> = new Map([
  ["float32 float16", "4b2c069c82e44f4bf40afe0f62287ded58857bad876f471794bbd359e0896a96"],
  ["float32 bfloat16", "01301dcaa84a5a7c3c7347959cc8054452ef78d58bb2882db513c61cfda7c76b"],
  ["float32 float8_e4m3fn", "eb5497eb8e4683a752c269914fe54854a72179daa2295f9658ec000c64d54f78"],
  ["float32 float8_e5m2", "4ac575da5aae8f4d435370be5a78a50a7c0e3f0d9b0c82a8836c730181a292b5"],
  ["float32 float8_e4m3fnuz", "a91546e8283088277bad9a49238add6a6a81d7313908d87d773f3b1c12f57c59"],
  ["float32 float8_e5m2fnuz", "dd0e1b51ca7b8b3de1a6fb0ccdfdeecd01834a083192abf9588ee32f811fada2"],
  ["float32 float8_e8m0fnu", "e42519a5efa770e81a64588cc94fb2c37c019d7cf3230b839807641c777014db"],
  ["float64 float32", "83048bf025a1e7596b183502c0cef704f36d3e185c75244a130deab2cdffa306"],
  ["float64 float16", "ba7b38c97171874d74f22c996f4df2893dac688cd0529ed0468935ea97c636b0"],
  ["float64 bfloat16", "1452bc8ef2bb9b068d2fa154d7584acb0d2db2675caea08f09380782a4dd29ee"],
  ["float64 float8_e4m3fn", "808bfdc3d01b62e9d510f0227e9da70091bc9c9bde7f1de12c15fa4af3a0e583"],
  ["float64 float8_e5m2", "be2b665330558e9830d4137a5e9df7a899a97f21652d72bdf6d8a945f2418c9c"],
  ["float64 float8_e4m3fnuz", "b49afe1b9e7fd8616d9032715b89feafded2b7009dd718a89b62e8e27cf4e8a2"],
  ["float64 float8_e5m2fnuz", "f7744bd71b36bc94cc51665a7d1d23a30f89eb5a7d9b05df561baf9e31d6d400"],
  ["float64 float8_e8m0fnu", "a6cb1766b77a96d875ea85a043c43696ba12b498583f2952e62e760f589b27ab"],
  ["int64 float64", "31f5a978dc64dd21df703a3826fb1c63b49bbf30150415d7291ea7f261f5c6d9"],
  ["int64 float32", "2079d59fd789ad3959034cf4ce078c447f7edbb7e8e3feb52965b652ef5612c8"],
  ["int64 float16", "f2506a86d37ca3ec7a7e88675ffcd02eccbb52d8e8a6c9607df9777ec2c30afe"],
  ["int64 bfloat16", "d4174b7ed38da4338593b9aca006d052f3e4b65dd077b3acec987508bca2edfe"],
  ["int64 float8_e4m3fn", "cb85318d7c48d25be42cf3b4b3175722cdb26eaf0553e0dada1c745d87b11aa9"],
  ["int64 float8_e5m2", "adb6a28fc8eee91c3e17207eb9ac287d1882483cce2cc593063e46157184234f"],
  ["int64 float8_e4m3fnuz", "2939eee734d6312e695e6c393e99d18540cbe664f3ed6e3c23a6aeb3795d60da"],
  ["int64 float8_e5m2fnuz", "acec21711f3f1bcb5e3a2f064c3bddb7bb44d28cfb54b32975c47ae35059ec3e"],
  ["int64 float8_e8m0fnu", "1ff75c8a96a852d5f26cb654b0a3c1ea78e95028fc7a9087b32c4b2e1589976f"],
  ["int64 int8", "5ef26e609f57cf463dd59ad1de25668a581e0b69a75eae0aa344170a730db7c1"],
  ["int64 uint8", "5ef26e609f57cf463dd59ad1de25668a581e0b69a75eae0aa344170a730db7c1"],
  ["int64 int16", "000ea77d1200a5962ff8611376700a246bba1bf90bebaf42c494e4fe9f014396"],
  ["int64 uint16", "000ea77d1200a5962ff8611376700a246bba1bf90bebaf42c494e4fe9f014396"],
  ["int64 int32", "f2d091061ebb32943c975dd90c5a2694b535670d676b14690103b315ab9d9c57"],
  ["int64 uint32", "f2d091061ebb32943c975dd90c5a2694b535670d676b14690103b315ab9d9c57"],
  ["int64 uint64", "0f11ae26794cf1cfc351f1aac791fc4c98bf4e8c68dc82d22ae9787b2eec0e25"],
  ["int64 bool", "769fc523fad590a38f9963737e3bf45b44e029fdad2299e16da5fbfa452c1221"],
  ["int32 float64", "9788061882f8dbefcdbcc15ac3b63d3806a8bd8f0801e06a4cd94c20642a092d"],
  ["int32 float32", "bf41999bfc094c8ce1a01ccbf24d2df568ba764e390d0626da0fb455b8139032"],
  ["int32 float16", "10f3b8c34c77b3915edeb80193d72472a302c90ab12930ad08aa4d6ad29f3f0d"],
  ["int32 int8", "0ff0a6b63a3fca9944d52afc2df1128e4f81995fe59dee09b835da757d0beefe"],
  ["int32 uint16", "c35d1570010deb6af639f2ea28026d914d313450346972ed0cfbb4836ca7120e"],
  ["int32 int64", "a31466b988385e2f5da1d5b3c6e6a674aeb78fb49274fba3b0f28e3d97f87d9a"],
  ["int32 uint64", "a31466b988385e2f5da1d5b3c6e6a674aeb78fb49274fba3b0f28e3d97f87d9a"],
  ["uint64 float64", "90d76da5264b0e6b951f239070f8e7ab68626479c94f51fdef8eb03d4dae5939"],
  ["uint64 float32", "cfedc0294bf1e773edcd0e62960392006af2031f00b745742276083f1c40e857"],
  ["uint64 bfloat16", "83ff001be7b4b2ab74c4644b5745df9da9e8111772ece94ee587af990c1f3858"],
  ["uint64 int64", "0f11ae26794cf1cfc351f1aac791fc4c98bf4e8c68dc82d22ae9787b2eec0e25"],
  ["uint64 int32", "f2d091061ebb32943c975dd90c5a2694b535670d676b14690103b315ab9d9c57"],
  ["uint64 uint8", "5ef26e609f57cf463dd59ad1de25668a581e0b69a75eae0aa344170a730db7c1"],
  ["float64 int8", "4d10c6a2188016ef57aeddf3327d9fc62d483f529b9fc334e7deca0a3dbce32e"],
  ["float64 uint8", "232519bb224724012743e69125087d4d2da1223c57a950c39f624c08fb16f0b0"],
  ["float64 int16", "63da9f406184b5c3bb7cbd6b38eabc2bf9881856689bfe73616f6ef887eb637d"],
  ["float64 uint16", "63da9f406184b5c3bb7cbd6b38eabc2bf9881856689bfe73616f6ef887eb637d"],
  ["float64 int32", "9a806ff61fc17cc08f392e07b9c7687dc396fa9d46d403e8f26301c017ebcb2e"],
  ["float64 int64", "edef3a49b1f06b118289f125e6b9fcceeeb659d0c6ffe932e227beb22d187ef9"],
  ["float64 bool", "fb67091504b666f393f1530f351a3fa5ae5168228b9aa06dcce5835be0402356"],
  ["small float64 uint32", "1107a71a6248c84e662b3255f91e5cb3d59f293992cd60cc07f842892e20fee3"],
  ["small float64 uint64", "fd9d80e0ced8d8dc0f8cb4aaeefeafbb0e883b40897db65c5169afa05c4e1365"],
]);

/** The patterns by the first words of the keys above. */
const PATTERNS: readonly [prefix: string, from: string, make: () => ArrayBufferView][] = [
  ["float32 ", "float32", edges],
  ["float64 ", "float64", () => doubles(40000)],
  ["int64 ", "int64", () => longs(40000)],
  ["int32 ", "int32", () => mix(40000)],
  ["uint64 ", "uint64", () => longs(40000)],
  ["small float64 ", "float64", () => Float64Array.from(mix(40000), (word) => word / 1024)],
];

for (const [prefix, from, make] of PATTERNS) {
  test(`castBytes() casts ${prefix}as torch does`, { timeout: 60_000 }, () => {
    const input = bytesOf(make());
    const wanted = [...TORCH].filter(([name]) => name.startsWith(prefix));
    assert.ok(wanted.length > 1);
    for (const [name, sha256] of wanted) {
      const to = name.slice(prefix.length);
      assert.equal(digest(castBytes(type(from), type(to), input).bytes), sha256, name);
    }
  });
}

test("castBytes() rounds, overflows and marks NaN in the single case", () => {
  // torch.tensor([1 + 2**-8 + 2**-9, 1e9, inf, -inf, nan, 464, 0.001, -1e-10]).to(dtype)
  const single = bytesOf(
    new Float32Array([1 + 2 ** -8 + 2 ** -9, 1e9, Infinity, -Infinity, NaN, 464, 0.001, -1e-10]),
  );
  const codes = (to: string) => {
    const { bytes } = castBytes(type("float32"), type(to), single);
    return Array.from(to.includes("8") ? bytes : new Uint16Array(bytes.buffer));
  };
  assert.deepEqual(codes("float8_e4m3fn"), [0x38, 0x7e, 0x7e, 0xfe, 0x7f, 0x7e, 1, 0x80]);
  assert.deepEqual(codes("float8_e5m2"), [0x3c, 0x7c, 0x7c, 0xfc, 0x7f, 0x5f, 0x14, 0x80]);
  assert.deepEqual(codes("float8_e4m3fnuz"), [0x40, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0]);
  assert.deepEqual(codes("float8_e8m0fnu"), [127, 157, 255, 255, 255, 136, 117, 94]);
});

test("castBytes() counts what the new type can't show", () => {
  const cast = (to: string, ...values: number[]) => {
    const result = castBytes(type("float64"), type(to), bytesOf(Float64Array.from(values)));
    return [result.overflow, result.underflow];
  };
  assert.deepEqual(cast("float16", 1, 65504, 65519, 65520, 1e-9, 0, Infinity, NaN), [1, 1]);
  assert.deepEqual(cast("float32", 1e39, -1e300, 1e-50, 3), [2, 1]);
  assert.deepEqual(cast("bfloat16", 1e39, 1e-50), [1, 1]);
  assert.deepEqual(cast("float8_e4m3fn", 448, 464, 465, -1e9, 1e-5), [2, 1]);
  assert.deepEqual(cast("float8_e5m2fnuz", 57344, 61440, 2 ** -17, 2 ** -18, 0), [1, 1]);
  assert.deepEqual(cast("float8_e8m0fnu", 2 ** 127, 3e38, -1, 0, 1e-45), [2, 0]);
  assert.deepEqual(cast("uint8", 255.9, 256, -1, 0.5, 0), [2, 1]);
  assert.deepEqual(cast("int64", 2 ** 63, -(2 ** 63), NaN, 0.25), [2, 1]);
  assert.deepEqual(cast("uint64", 2 ** 63, 2 ** 64, -1), [2, 0]);
  assert.deepEqual(cast("bool", 2, 0, NaN), [0, 0]);
});

test("castBytes() counts integers that wrap round", () => {
  const cast = (from: string, to: string, values: bigint[]) =>
    castBytes(type(from), type(to), bytesOf(BigInt64Array.from(values))).overflow;
  assert.equal(cast("int64", "int8", [127n, 128n, -128n, -129n, 300n]), 3);
  assert.equal(cast("int64", "uint8", [255n, 256n, -1n]), 2);
  assert.equal(cast("int64", "uint64", [-1n, 1n]), 1);
  assert.equal(cast("uint64", "int64", [-1n, 1n]), 1);
});

test("castBytes() casts complex numbers by their halves", () => {
  const { bytes } = castBytes(
    type("complex128"),
    type("complex64"),
    bytesOf(new Float64Array([1.1, -2])),
  );
  assert.deepEqual(Array.from(new Float32Array(bytes.buffer)), [Math.fround(1.1), -2]);
});

test("castBytes() reads its input wherever it lies", () => {
  const odd = new Uint8Array(9);
  odd.set(bytesOf(new Float64Array([2.5])), 1);
  assert.deepEqual(
    Array.from(castBytes(type("float64"), type("int8"), odd.subarray(1)).bytes),
    [2],
  );
});

test("canCast() refuses what torch has no cast for", () => {
  assert.equal(canCast(type("F8_E4M3"), type("float8_e4m3fn")), true);
  for (const name of ["qint8", "float4_e2m1fn_x2", "F6_E2M3", "bits8", "complex64", "object"]) {
    assert.equal(canCast(type(name), type("float32")), false, name);
    assert.equal(canCast(type("float32"), type(name)), false, name);
  }
  assert.throws(
    () => castBytes(type("qint8"), type("float32"), new Uint8Array(1)),
    { code: "unsupported" },
  );
});
