/**
 * The tar archives that PyTorch wrote before 0.1.10.
 *
 * Source: `torch/serialization.py` of 2.13, `_legacy_load.legacy_load`.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { sliceSource } from "../../io/source.ts";
import { PyGlobal, PyTuple } from "../../pickle/values.ts";
import type { PyValue } from "../../pickle/values.ts";
import { isTarHeader } from "../../tar/header.ts";
import { readTarMembers } from "../../tar/members.ts";
import type { TarMember } from "../../tar/members.ts";
import type { Format, OpenedShard } from "../format.ts";
import { partOf } from "../part.ts";
import { isAllowedInTorch } from "./allowlist.ts";
import { torchReduce } from "./reduce.ts";
import { tarKey, TarPart } from "./tar_part.ts";
import { readTarStorages } from "./tar_storages.ts";
import { readTarTensors } from "./tar_tensors.ts";

/** The members that make it one. */
const MEMBERS = ["storages", "tensors", "pickle"];

/** An archive with storages, tensors over them, and a pickle that names the tensors. */
export const TORCH_TAR: Format = {
  async sniff({ head, source }) {
    if (!isTarHeader(head)) return false;
    const names = new Set((await readTarMembers(source)).map(({ name }) => name));
    return MEMBERS.every((name) => names.has(name));
  },

  async open({ source }, options) {
    const { signal } = options;
    const members = await readTarMembers(source, signal);
    const shards: OpenedShard[] = [];
    const part = (name: string): TarPart => {
      const { offset, size } = onlyMember(members, name);
      const made = new TarPart(name, sliceSource(source, offset, size), options);
      shards.push(partOf(name, size, "pickle", made.report, isAllowedInTorch));
      return made;
    };
    const storages = await readTarStorages(part("storages"));
    const tensors = await readTarTensors(part("tensors"), storages);
    const named = (id: PyValue): PyValue | undefined => {
      // `(class, file, source)` stands for the class; the source text is no part of the data.
      if (id instanceof PyTuple && id.items[0] instanceof PyGlobal) return id.items[0];
      const key = tarKey(id);
      return key === undefined ? undefined : tensors.get(key) ?? storages.get(key);
    };
    const value = await part("pickle").pickle({ resolveId: named });
    return {
      format: "torch-tar",
      compression: "none",
      value,
      reduce: await torchReduce(shards.flatMap(({ opened }) => opened.globals), {
        persistent: () => {
          throw new StateDictError("corrupt", "A persistent id names no tensor", {
            member: "pickle",
          });
        },
        more: options.reducers ? [options.reducers] : [],
      }),
      globals: [],
      anomalies: [],
      shards,
      metadata: new Map(),
      warnings: [],
      close: () => source.close(),
    };
  },
};

/** The member of a name. @throws `refused` if there are two, of which readers take one or the other. */
function onlyMember(members: readonly TarMember[], name: string): TarMember {
  const [member, second] = members.filter((one) => one.name === name);
  if (!member || second) {
    const count = second ? "two members" : "no member";
    throw new StateDictError("refused", `The archive has ${count} of this name`, { member: name });
  }
  if (member.type === "0") return member;
  throw new StateDictError("refused", "The member is a link or a folder, not a file", {
    member: name,
  });
}
