import assert from "node:assert/strict";
import { test } from "node:test";
import { hubAddress } from "../../../src/io/http/hub.ts";

/** Runs `use` with variables of the environment set, or not there. */
function withEnvironment(values: Record<string, string | undefined>, use: () => void): void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  try {
    for (const [name, value] of Object.entries(values)) set(name, value);
    use();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

const NONE = { HF_ENDPOINT: undefined, HF_TOKEN: undefined };
const href = (text: string) => hubAddress(text, {}).url.href;

test("hubAddress() gives the address that the hub serves files at", () => {
  withEnvironment(NONE, () => {
    const base = "https://huggingface.co";
    // As huggingface_hub's hf_hub_url() has them.
    assert.equal(
      href("hf://openai-community/gpt2/model.safetensors"),
      `${base}/openai-community/gpt2/resolve/main/model.safetensors`,
    );
    assert.equal(
      href("hf://o/r.x@v1.0/a/epoch=3-step=100 é.ckpt"),
      `${base}/o/r.x/resolve/v1.0/a/epoch%3D3-step%3D100%20%C3%A9.ckpt`,
    );
    assert.equal(href("hf://o/r@refs%2Fpr%2F1/f"), `${base}/o/r/resolve/refs%2Fpr%2F1/f`);
    assert.equal(href("hf://datasets/o/r/f.npy"), `${base}/datasets/o/r/resolve/main/f.npy`);
    assert.equal(href("hf://o/r/a%2Fb?x#y"), `${base}/o/r/resolve/main/a%252Fb%3Fx%23y`);
  });
});

test("hubAddress() refuses what could lead elsewhere", () => {
  const wrong = [
    "hf://o/r",
    "hf://o/r/",
    "hf://o//f",
    "hf://../r/f",
    "hf://o/../f",
    "hf://o/r/../f",
    "hf://o/r/a//f",
    "hf://o/r/./f",
    "hf://o/r/a\\f",
    "hf://o/r/a\nf",
    "hf://o/r@/f",
    "hf://o/r@../f",
    "hf://o/r@a%2F..%2Fb/f",
    "hf://o/r@%zz/f",
    "hf://o x/r/f",
    "hf://user:password@o/r/f",
  ];
  for (const text of wrong) {
    assert.throws(() => hubAddress(text, {}), { code: "usage" }, text);
  }
});

test("hubAddress() takes the token and another hub from the environment", () => {
  withEnvironment({ ...NONE, HF_TOKEN: "hf_x" }, () => {
    const { url, options, login } = hubAddress("hf://o/r/f", { timeout: 5 });
    assert.equal(url.origin, "https://huggingface.co");
    assert.deepEqual(options, { timeout: 5, headers: { Authorization: "Bearer hf_x" } });
    assert.match(login!, /HF_TOKEN/);
  });
  withEnvironment({ ...NONE, HF_ENDPOINT: "http://127.0.0.1:8000/" }, () => {
    const { url, options } = hubAddress("hf://o/r/f", {});
    assert.equal(url.href, "http://127.0.0.1:8000/o/r/resolve/main/f");
    assert.deepEqual(options, { allowPrivate: true, allowHttp: true, headers: {} });
  });
  withEnvironment({ ...NONE, HF_ENDPOINT: "nowhere" }, () => {
    assert.throws(() => hubAddress("hf://o/r/f", {}), { code: "usage" });
  });
});
