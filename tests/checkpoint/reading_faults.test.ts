import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { digestCheckpoint } from "../../src/checkpoint/digest.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { saveCheckpoint } from "../../src/checkpoint/save.ts";
import { verifyCheckpoint } from "../../src/checkpoint/verify.ts";
import { isStateDictError } from "../../src/errors.ts";
import { memorySink } from "../../src/io/sink.ts";
import { scan } from "../../src/scan/scan.ts";
import { inRepo } from "../support/corpus.ts";
import { faultySource } from "../support/faulty_source.ts";
import type { Fault, FaultySource } from "../support/faulty_source.ts";

const slow = { timeout: 120_000 };

/** A file of every format and codec, as the real libraries wrote them. */
const FILES = [
  "torch/checkpoint.pt",
  "torch/rezip_deflate.pt",
  "torch/legacy_views.pth",
  "torch/old_tar.pth",
  "torch/torchscript.pt",
  "torch/sparse_coo.pt",
  "arrays/jl-plain.joblib",
  "arrays/jl-object.joblib",
  "arrays/jl-zlib3.joblib",
  "arrays/jl-gzip3.joblib",
  "arrays/jl-bz23.joblib",
  "arrays/jl-lzma3.joblib",
  "arrays/jl-xz3.joblib",
  "arrays/jl-lz43.joblib",
  "arrays/jo-zf-single.gz",
  "arrays/po-kitchen-p4.pkl",
  "arrays/pa-gzip.pkl.gz",
  "arrays/st-basic.safetensors",
  "arrays/np-forder.npy",
  "arrays/np-object.npy",
  "arrays/nz-stored.npz",
  "arrays/nz-deflated.npz",
];

const FAULTS: readonly Fault[] = ["eio", "shrunk", "changed", "aborted"];

/** Errors that tell of a fault; `changed` bytes may look like anything that a file can be. */
const TOLD: ReadonlyMap<Fault, ReadonlySet<string>> = new Map([
  ["eio", new Set(["io"])],
  ["shrunk", new Set(["truncated"])],
  ["aborted", new Set(["aborted"])],
]);

/** Ways to read all of a file; each gives what it found as text, and leaves the source closed. */
const WAYS: Readonly<Record<string, (source: FaultySource) => Promise<string>>> = {
  async digest(source) {
    const { signal } = source;
    await using checkpoint = await openCheckpoint(source, { inert: true, signal });
    const { all, tensors } = await digestCheckpoint(checkpoint, { signal });
    return JSON.stringify([all, [...tensors]]);
  },
  async verify(source) {
    const { signal } = source;
    await using checkpoint = await openCheckpoint(source, { inert: true, signal });
    const found = await Array.fromAsync(verifyCheckpoint(checkpoint, { signal }));
    const damaged = found.find((finding) => finding.kind === "damaged");
    if (damaged) throw damaged.error;
    return String(found.length);
  },
  async convert(source) {
    const { signal } = source;
    await using checkpoint = await openCheckpoint(source, { inert: true, signal });
    const sink = memorySink();
    await saveCheckpoint(sink, checkpoint, { format: "safetensors", signal });
    return Buffer.from(sink.bytes()).toString("latin1");
  },
};

/** What came of it: the text, or the code of the error. */
async function attempt(
  way: (source: FaultySource) => Promise<string>,
  source: FaultySource,
): Promise<{ text?: string; code?: string }> {
  try {
    return { text: await way(source) };
  } catch (error) {
    if (!isStateDictError(error)) throw error;
    return { code: error.code };
  }
}

for (const file of FILES) {
  test(
    `${file}: a fault of any read is an error of its own, or changes nothing`,
    slow,
    async () => {
      const bytes = new Uint8Array(readFileSync(join(inRepo("fixtures"), file)));
      for (const [name, way] of Object.entries(WAYS)) {
        const whole = faultySource(bytes);
        const expected = await attempt(way, whole);
        assert.ok(whole.closed && whole.reads > 0, name);
        for (const fault of FAULTS) {
          for (let at = 0; at < whole.reads; at++) {
            const source = faultySource(bytes, fault, at);
            const { text, code } = await attempt(way, source);
            const words = `${name} with ${fault} at read ${at}: ${code ?? "no error"}`;
            assert.ok(source.closed, `${words}: the source stays open`);
            const told = TOLD.get(fault);
            if (told && text !== undefined) assert.equal(text, expected.text, words);
            if (told && code !== undefined && code !== expected.code) {
              assert.ok(told.has(code), words);
            }
          }
        }
      }
    },
  );
}

test("a scan of a file that can't be read to its end is never safe", slow, async () => {
  for (const file of FILES) {
    const bytes = new Uint8Array(readFileSync(join(inRepo("fixtures"), file)));
    const whole = faultySource(bytes);
    const { verdict } = await scan(whole);
    for (const fault of ["eio", "shrunk"] as const) {
      for (let at = 0; at < whole.reads; at++) {
        const source = faultySource(bytes, fault, at);
        const found = await scan(source).then(({ verdict }) => verdict, (error: unknown) => {
          if (!isStateDictError(error)) throw error;
          return error.code;
        });
        assert.notEqual(found, "safe", `${file} with ${fault} at read ${at} of ${verdict}`);
        assert.ok(source.closed, file);
      }
    }
  }
});
