import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { DType, Field } from "../../src/tensor/dtype.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";
import { tensorSha256 } from "../../src/tensor/hash.ts";
import {
  describeDType,
  numpyDType,
  structDType,
  subarrayDType,
  timeDType,
} from "../../src/tensor/numpy_dtype.ts";
import { Storage } from "../../src/tensor/storage.ts";
import { contiguousStrides, fortranStrides } from "../../src/tensor/strides.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { corpusDir, manifest, withoutCorpus } from "../support/corpus.ts";

/** numpy's `descr`: `[name, code or descr, shape?]`, where a name may be `[title, name]`. */
type Descr = string | [string | [string, string], Descr, number[]?][];

function parse(descr: Descr): DType {
  if (typeof descr === "string") return parseName(descr);
  const fields: Field[] = [];
  let offset = 0;
  for (const [names, inner, shape] of descr) {
    const code = typeof inner === "string" ? numpyDType(inner) : undefined;
    const plain = code?.dtype ?? parse(inner);
    const dtype = shape ? subarrayDType(plain, shape.map(Number)) : plain;
    const [title, name] = typeof names === "string" ? [null, names] : names;
    if (name !== "") {
      fields.push({ name, title, dtype, offset, byteOrder: code?.byteOrder ?? "little" });
    }
    offset += dtype.itemsize;
  }
  return structDType(fields, offset);
}

function parseName(name: string): DType {
  const time = /^(datetime|timedelta)64(?:\[(.*)\])?$/.exec(name);
  if (time) return timeDType(time[1] as "datetime", time[2]);
  return dtypeByName(name) ?? numpyDType(name).dtype;
}

test(
  "tensorSha256() agrees with numpy on every array that joblib wrote raw",
  { skip: withoutCorpus("arrays"), timeout: 60_000 },
  async () => {
    const folder = corpusDir("arrays")!;
    let compared = 0;
    for (const entry of manifest("arrays", folder)) {
      if (entry.format !== "joblib" || entry.compression !== "none") continue;
      const file = await open(join(folder, entry.file));
      const source = {
        size: entry.bytes,
        name: entry.file,
        async read(offset: number, target: Uint8Array): Promise<void> {
          await file.read(target, 0, target.length, Number(offset));
        },
        close: () => file.close(),
      };
      for (const { name, dtype, shape: sizes, order, sha256, offset, ...more } of entry.tensors) {
        if (offset === undefined || sha256 === null) continue;
        const type = parse((more.stored_dtype ?? dtype) as Descr);
        const shape = sizes.map(Number);
        const big = more.stored_byteorder === "big";
        const storage = new Storage({
          id: name,
          nbytes: shape.reduce((product, size) => product * size, type.itemsize),
          source,
          offset: Number(offset),
          byteOrder: big ? "big" : "little",
          word: type.word,
        });
        const stride = order === "F" ? fortranStrides(shape) : contiguousStrides(shape);
        const tensor = new Tensor({ dtype: type, shape, stride, storage, name });
        const where = `${entry.file} ${name}`;
        assert.equal(await tensorSha256(tensor), sha256, where);
        assert.equal(tensor.order, order, where);
        assert.equal(JSON.stringify(describeDType(type)), JSON.stringify(dtype), where);
        compared++;
      }
      await file.close();
    }
    assert.ok(compared > 300, `${compared} arrays`);
  },
);
