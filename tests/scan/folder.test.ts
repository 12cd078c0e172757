import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { scanFolder } from "../../src/scan/folder.ts";
import { withScratch } from "../support/scratch.ts";
import { latin1, PLAIN, SYSTEM } from "./made.ts";

/** Each file below the folder with its verdict, or why there is none. */
async function walk(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const result of scanFolder(folder)) {
    const name = result.file.slice(folder.length + 1);
    found.set(
      name,
      "verdict" in result
        ? result.verdict
        : "skipped" in result
        ? `skipped: ${result.skipped}`
        : String(result.error),
    );
  }
  return found;
}

test("scanFolder() looks at every file, whatever its name", async () => {
  await withScratch(async (folder) => {
    mkdirSync(join(folder, "b", "c"), { recursive: true });
    writeFileSync(join(folder, "a.pkl"), latin1(PLAIN));
    writeFileSync(join(folder, "README.md"), "words\n");
    writeFileSync(join(folder, "photo.txt"), latin1(SYSTEM));
    writeFileSync(join(folder, "b", "weights.pt"), "words\n");
    writeFileSync(join(folder, "b", "c", "empty"), "");
    writeFileSync(join(folder, "b", "c", "z.json"), "{}");
    assert.deepEqual([...await walk(folder)], [
      ["README.md", "skipped: This is text"],
      ["a.pkl", "safe"],
      ["photo.txt", "dangerous"],
      ["b/weights.pt", "corrupt"],
      ["b/c/empty", "skipped: The file is empty"],
      ["b/c/z.json", "safe"],
    ]);
  });
});

test("scanFolder() follows no link out of the folder", async () => {
  await withScratch(async (folder) => {
    mkdirSync(join(folder, "in"));
    writeFileSync(join(folder, "out.pkl"), latin1(SYSTEM));
    writeFileSync(join(folder, "in", "real.pkl"), latin1(PLAIN));
    symlinkSync(join(folder, "out.pkl"), join(folder, "in", "leak.pkl"));
    symlinkSync(folder, join(folder, "in", "up"));
    symlinkSync(join(folder, "in", "real.pkl"), join(folder, "in", "same.pkl"));
    symlinkSync(join(folder, "nothing"), join(folder, "in", "dead"));
    const found = await walk(join(folder, "in"));
    assert.equal(found.get("real.pkl"), "safe");
    assert.match(found.get("leak.pkl")!, /skipped: .* out of the folder/);
    assert.match(found.get("up")!, /skipped: .* out of the folder/);
    assert.match(found.get("same.pkl")!, /skipped: .* scanned there/);
    assert.match(found.get("dead")!, /skipped: .* nowhere/);
    assert.equal(found.size, 5);
  });
});

test("scanFolder() of a file that is no model judges it, since somebody named it", async () => {
  await withScratch(async (folder) => {
    const file = join(folder, "README.md");
    writeFileSync(file, "words\n");
    assert.equal((await walk(file)).values().next().value, "corrupt");
    const missing = [];
    for await (const result of scanFolder(join(folder, "nope"))) missing.push(result);
    assert.equal(missing.length, 1);
    assert.equal((missing[0] as { error: { code: string } }).error.code, "not-found");
  });
});

test("scanFolder() reads the arrays that joblib keeps in other files", async () => {
  const header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
  const npy = `\x93NUMPY\x01\0${String.fromCharCode(header.length)}\0${header}${SYSTEM}`;
  const pickle = (name: string) =>
    "\x80\x02cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}X\x08\0\0\0filename" +
    `X${String.fromCharCode(name.length)}\0\0\0${name}sb.`;
  await withScratch(async (folder) => {
    writeFileSync(join(folder, "a.pkl"), latin1(pickle("a_01.npy")));
    assert.equal((await walk(folder)).get("a.pkl"), "unknown");
    writeFileSync(join(folder, "a_01.npy"), latin1(npy));
    assert.equal((await walk(folder)).get("a.pkl"), "dangerous");
    writeFileSync(join(folder, "a.pkl"), latin1(pickle("../a_01.npy")));
    assert.equal((await walk(folder)).get("a.pkl"), "suspicious");
  });
});
