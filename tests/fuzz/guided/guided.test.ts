import { test } from "node:test";
import { isPromise } from "node:util/types";
import { mutate } from "../mutate.ts";
import { randomOf } from "../random.ts";
import { seedsByKind } from "./seeds.ts";
import { TARGETS } from "./targets.ts";

/** Inputs a target: enough to see that it runs and that it isn't done too early. */
const INPUTS = 40;

for (const [name, { seeds, run, sync }] of TARGETS) {
  test(`guided fuzzing: ${name}`, { timeout: 60_000 }, async () => {
    const kinds = await seedsByKind();
    const files = [...kinds.values()].flat();
    const own = seeds.flatMap((kind) => kinds.get(kind) ?? []);
    const bases = own.length > 0 ? own : files;
    for (let number = 0; number < INPUTS; number++) {
      const random = randomOf(20261125, number);
      const running = run(mutate(random.pick(bases), random), files);
      if (isPromise(running) !== !sync) throw new Error("a promise where none should be");
      await running;
    }
  });
}
