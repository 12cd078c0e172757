/** Loads every tensor of a file, as `torch.load` and `joblib.load` do. */
import process from "node:process";
import { openCheckpoint } from "../mod.ts";

const checkpoint = await openCheckpoint(process.argv[2]!);
for (const tensor of checkpoint.tensors.values()) await tensor.load();
