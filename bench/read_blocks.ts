/** Reads the bytes of every tensor of a file through one buffer. */
import process from "node:process";
import { openCheckpoint } from "../mod.ts";

const checkpoint = await openCheckpoint(process.argv[2]!);
let bytes = 0;
for (const tensor of checkpoint.tensors.values()) {
  for await (const block of tensor.chunks()) bytes += block.length;
}
console.log(bytes);
