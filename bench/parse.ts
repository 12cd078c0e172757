/** Reads a pickle into its value graph, as `pickle.load` builds its objects. */
import process from "node:process";
import { openCheckpoint } from "../mod.ts";

const checkpoint = await openCheckpoint(process.argv[2]!);
console.log(typeof checkpoint.value);
