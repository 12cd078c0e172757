import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBlocks, runsOf } from "../../src/formats/torch/dcp_chunks.ts";
import type { Block } from "../../src/formats/torch/dcp_chunks.ts";
import type { DcpTensor } from "../../src/formats/torch/dcp_metadata.ts";
import { blockSource } from "../../src/formats/torch/dcp_source.ts";
import { buildTree } from "../../src/formats/torch/dcp_tree.ts";
import { readBytes } from "../../src/io/source.ts";
import { PyDict } from "../../src/pickle/dict.ts";
import { dtypeByName } from "../../src/tensor/dtype.ts";

const block = (offsets: number[], sizes: number[]): Block => ({ offsets, sizes });

function check(shape: number[], ...blocks: Block[]): void {
  const place = { file: "f", offset: 0, length: 1 };
  const chunks = blocks.map((one) => ({ ...one, place }));
  const tensor: DcpTensor = { name: "w", dtype: dtypeByName("uint8")!, shape, chunks };
  checkBlocks(tensor);
}

test("checkBlocks() takes blocks that cover a tensor once", () => {
  check([], block([], []));
  check([5, 3], block([3, 0], [2, 3]), block([0, 0], [3, 3]));
  // One row on two processes: the second has nothing, as PyTorch writes it.
  check([1, 4], block([0, 0], [1, 4]), block([1, 0], [0, 4]));
  check([2, 4], block([0, 0], [2, 1]), block([0, 1], [1, 3]), block([1, 1], [1, 3]));
  check([0, 3], block([0, 0], [0, 3]));
  check([0, 3]);
});

test("checkBlocks() refuses gaps, overlaps and blocks beyond the tensor", () => {
  const fails = (message: RegExp, shape: number[], ...blocks: Block[]) =>
    assert.throws(() => check(shape, ...blocks), { code: "corrupt", message });
  fails(/cover 9 of its 15 elements/, [5, 3], block([0, 0], [3, 3]));
  fails(/cover 0 of its 1 elements/, []);
  fails(/overlap/, [4], block([0], [2]), block([1], [2]), block([3], [1]));
  // As many elements as the tensor has, but two of them twice.
  fails(/overlap/, [2, 2], block([0, 0], [2, 1]), block([0, 0], [1, 2]));
  fails(/overlap/, [4], block([0], [2]), block([0], [2]));
  fails(/reach beyond/, [4], block([2], [3]));
  fails(/have 1 dimensions, not 2/, [2, 2], block([0], [4]));
});

test("runsOf() finds what lies together in both", () => {
  const facts = (shape: number[], one: Block) => {
    const { count, length, start } = runsOf(shape, one);
    return [count, length, ...Array.from({ length: count }, (_, run) => start(run))];
  };
  assert.deepEqual(facts([5, 3], block([3, 0], [2, 3])), [1, 6, 9]); // whole rows
  assert.deepEqual(facts([2, 6], block([0, 3], [2, 3])), [2, 3, 3, 9]); // columns
  assert.deepEqual(facts([2, 3, 4], block([0, 1, 0], [2, 2, 4])), [2, 8, 4, 16]);
  assert.deepEqual(facts([2, 2, 2], block([0, 0, 1], [2, 2, 1])), [4, 1, 1, 3, 5, 7]);
  assert.deepEqual(facts([], block([], [])), [1, 1, 0]);
});

/** Cuts a tensor at these places of each dimension. */
function cut(shape: number[], cuts: number[][]): Block[] {
  let blocks = [block([], [])];
  shape.forEach((size, dim) => {
    const edges = [0, ...cuts[dim]!, size];
    blocks = blocks.flatMap(({ offsets, sizes }) =>
      edges.slice(0, -1).map((from, i) =>
        block([...offsets, from], [...sizes, edges[i + 1]! - from])
      )
    );
  });
  return blocks;
}

test("blockSource() gives every range as if the tensor had never been cut", async () => {
  const cases: [number[], number[][]][] = [
    [[7], [[3]]],
    [[4, 6], [[1, 2], []]],
    [[4, 6], [[], [2, 5]]],
    [[5, 4, 3], [[2], [1, 3], []]],
    [[3, 3, 2, 2], [[1], [2], [1], [1]]],
    [[2, 5], [[], [0, 5]]], // with blocks of nothing
  ];
  const itemsize = 2;
  for (const [shape, cuts] of cases) {
    const blocks = cut(shape, cuts);
    check(shape, ...blocks);
    const size = shape.reduce((a, b) => a * b, itemsize);
    const whole = Uint8Array.from({ length: size }, (_, i) => i);
    // Each block's bytes, element by element.
    const source = blockSource(
      "w",
      shape,
      itemsize,
      size,
      blocks.map((one) => {
        const bytes = elementsOf(shape, one).flatMap((
          at,
        ) => [...whole.subarray(at * 2, at * 2 + 2)]);
        return {
          ...one,
          // deno-lint-ignore require-await -- as the interface has it
          async read(start, target) {
            assert.ok(start + target.length <= bytes.length, "a read beyond the block");
            target.set(bytes.slice(start, start + target.length));
          },
        };
      }),
    );
    for (let from = 0; from < size; from++) {
      for (const length of [1, 3, 8, size - from]) {
        if (from + length > size) continue;
        const bytes = await readBytes(source, from, length);
        assert.deepEqual(bytes, whole.slice(from, from + length), `${shape} at ${from}`);
      }
    }
    await assert.rejects(readBytes(source, size - 1, 2), { code: "truncated" });
  }
});

/** Places of a block's elements in the row-major tensor. */
function elementsOf(shape: number[], { offsets, sizes }: Block): number[] {
  let places = [0];
  shape.forEach((size, dim) => {
    const along = Array.from({ length: sizes[dim]! }, (_, i) => offsets[dim]! + i);
    places = places.flatMap((place) => along.map((i) => place * size + i));
  });
  return places;
}

test("buildTree() makes dicts of names and lists of indices, in the order of the paths", () => {
  const values = new Map([["l.1", 1], ["m.w", 2], ["l.0", 3], ["flat", 4], ["g.2", 5]]);
  const tree = buildTree(
    values,
    new Map([
      ["m.w", ["m", "w"]],
      ["l.0", ["l", 0]],
      ["l.1", ["l", 1]],
      ["g.2", ["g", 2]], // a list of which two items are missing
    ]),
  );
  assert.deepEqual(
    tree,
    new PyDict([
      "m",
      new PyDict(["w", 2]),
      "l",
      [3, 1],
      "g",
      new PyDict([2, 5]),
      "flat",
      4,
    ]),
  );
});

test("buildTree() refuses two things at one place", () => {
  const values = new Map([["a", 1], ["b", 2]]);
  const build = (a: string[], b: string[]) => () =>
    buildTree(values, new Map([["a", a], ["b", b]]));
  assert.throws(build(["x"], ["x"]), { code: "corrupt" });
  assert.throws(build(["x"], ["x", "y"]), { code: "corrupt" });
  assert.throws(build(["x", "y"], ["x"]), { code: "corrupt" });
});
