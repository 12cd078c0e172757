#!/usr/bin/env node
/**
 * The program `statedict`.
 *
 * @module
 */

import { glance } from "./src/cli/glance.ts";
import { explainUnreadable } from "./src/cli/glance_output.ts";

// Not a literal: Deno prepares every module that it sees named, which would take three times as
// long as listing a checkpoint.
const REST = "./src/cli/main.ts";

const failure = await glance();
const { start } = await import(REST).catch(explainUnreadable) as typeof import("./src/cli/main.ts");
await start(failure);
