#!/usr/bin/env node
/**
 * The program `statedict`.
 *
 * @module
 */

import { main } from "./src/cli/main.ts";
import { openTerminal } from "./src/cli/term.ts";

const terminal = openTerminal();
terminal.exit(await main(terminal.args, terminal));
