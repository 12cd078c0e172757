/**
 * The rules of a scan: what is looked for, how bad it is, and why. The ids are stable; reports and
 * SARIF name them.
 *
 * @module
 */

import type { Verdict } from "./verdict.ts";

/** One rule. */
export interface Rule {
  /** Its stable id. */
  readonly id: string;
  /** The verdict of a file that breaks it, if nothing worse is found. */
  readonly verdict: Exclude<Verdict, "safe">;
  /** What is found, in a few words. */
  readonly title: string;
  /** Why that matters. */
  readonly why: string;
}

/** Every rule, by what it is about: names, pickles, archives, packed streams, arrays, files. */
export const RULES = [
  {
    id: "dangerous-name",
    verdict: "dangerous",
    title: "A name that runs code or touches the system",
    why:
      "Whoever unpickles the file imports the name and mostly calls it. Of Python's standard library everything counts that isn't known to be harmless.",
  },
  {
    id: "suspicious-name",
    verdict: "suspicious",
    title: "A name that real files and attacks use alike",
    why: "It can carry a call that shows only when the value is used.",
  },
  {
    id: "unknown-name",
    verdict: "unknown",
    title: "A name of which nothing is known",
    why: "Loading the file runs code of that module, which nobody here has looked at.",
  },
  {
    id: "computed-name",
    verdict: "dangerous",
    title: "A name that is computed",
    why: "What is imported shows only when the file is loaded; ordinary picklers write names.",
  },
  {
    id: "computed-callee",
    verdict: "dangerous",
    title: "A call of something that is computed",
    why: "What is called shows only when the file is loaded; ordinary picklers call named things.",
  },
  {
    id: "build-on-global",
    verdict: "dangerous",
    title: "A change to a module's own object",
    why: "The program that loads the file goes on with a function or table that the file changed.",
  },
  {
    id: "transforming-codec",
    verdict: "dangerous",
    title: "A codec that computes",
    why: "It makes names and code out of text that shows neither.",
  },
  {
    id: "indirect-call",
    verdict: "suspicious",
    title: "A function handed to a rebuild function",
    why: "PyTorch calls it with arguments of the file's choice.",
  },
  {
    id: "second-state",
    verdict: "suspicious",
    title: "An object that is given its state twice",
    why: "The first state can plant the function that the second one calls.",
  },
  {
    id: "discarded-call",
    verdict: "suspicious",
    title: "A call whose result is thrown away",
    why: "Nobody calls for nothing: what counts is what the call does.",
  },
  {
    id: "items-on-tensor",
    verdict: "suspicious",
    title: "Items that are set on a tensor",
    why: "No pickler writes that, and readers have written out of bounds over it.",
  },
  {
    id: "extension-code",
    verdict: "suspicious",
    title: "A class that is known by its extension code",
    why: "Which one it is depends on the process that loads the file.",
  },
  {
    id: "persistent-id",
    verdict: "suspicious",
    title: "A persistent id that no known container resolves",
    why: "What it stands for is up to the program that loads the file.",
  },
  {
    id: "persistent-mutated",
    verdict: "suspicious",
    title: "A change to an object outside the pickle",
    why: "What it changes is up to the program that loads the file.",
  },
  {
    id: "frame-overrun",
    verdict: "suspicious",
    title: "An opcode across the end of its frame",
    why: "Some versions of Python run other opcodes there than a reader of the bytes sees.",
  },
  {
    id: "frame-nested",
    verdict: "suspicious",
    title: "A frame inside a frame",
    why: "Some versions of Python run other opcodes there than a reader of the bytes sees.",
  },
  {
    id: "unread-argument",
    verdict: "suspicious",
    title: "A loader that is given what can't be scanned",
    why: "It unpickles bytes that don't stand in the file as they are.",
  },
  {
    id: "large-allocation",
    verdict: "suspicious",
    title: "A call that asks for memory and gives no data",
    why: "A few bytes of a file then take all memory of whoever loads it.",
  },
  {
    id: "packed-bomb",
    verdict: "suspicious",
    title: "A pickle that unpacks to far more than it is",
    why:
      "A few kilobytes then take gigabytes of whoever loads them; picklers' output packs little.",
  },
  {
    id: "value-bomb",
    verdict: "suspicious",
    title: "Values that are too deep, or unfold to far more than the file holds",
    why: "Printing, copying or hashing them never ends.",
  },
  {
    id: "contradiction",
    verdict: "suspicious",
    title: "Contents that contradict each other",
    why: "Tensors that lie about their sizes make readers go out of bounds.",
  },
  {
    id: "trailing-bytes",
    verdict: "suspicious",
    title: "Bytes behind the end",
    why: "Nothing that the format knows stands there; it may be there for another reader.",
  },
  {
    id: "hidden-pickle",
    verdict: "suspicious",
    title: "A pickle where no reader looks for one",
    why: "Another program may be made to read it.",
  },
  {
    id: "several-readings",
    verdict: "suspicious",
    title: "Bytes that are two formats at once",
    why: "One reader sees a harmless file, another one the attack.",
  },
  {
    id: "broken-pickle",
    verdict: "corrupt",
    title: "A pickle that breaks",
    why: "Python runs all that stands before the break.",
  },
  {
    id: "zip-names",
    verdict: "suspicious",
    title: "Members that some readers take for one, or that overlap",
    why: "Which of them a reader gets differs from reader to reader.",
  },
  {
    id: "zip-directory",
    verdict: "suspicious",
    title: "End records and directory that contradict each other",
    why: "Readers that find the directory in other ways see other members.",
  },
  {
    id: "zip-local-header",
    verdict: "suspicious",
    title: "A local header that contradicts the directory",
    why: "Readers that trust the one see another member than those that trust the other.",
  },
  {
    id: "zip-crc",
    verdict: "suspicious",
    title: "A member that doesn't match its CRC-32",
    why: "It is damaged, or was changed by a program that left the directory as it was.",
  },
  {
    id: "zip-method",
    verdict: "suspicious",
    title: "A member that is encrypted or packed in an unusual way",
    why: "Scanners that can't unpack it can't see what loaders do.",
  },
  {
    id: "zip-stray-bytes",
    verdict: "suspicious",
    title: "Bytes that belong to no member",
    why: "What stands there is for a reader that looks elsewhere than in the directory.",
  },
  {
    id: "zip-size",
    verdict: "suspicious",
    title: "A member of another size than stated",
    why: "Readers that stop at the stated size see another member than those that go on.",
  },
  {
    id: "unsafe-path",
    verdict: "suspicious",
    title: "A path that leads out of its folder, a link or a device",
    why: "Whoever unpacks or follows it reads or writes somewhere else.",
  },
  {
    id: "archive-code",
    verdict: "unknown",
    title: "A TorchScript archive, which carries code",
    why: "PyTorch compiles and runs it when the model is used.",
  },
  {
    id: "package-code",
    verdict: "suspicious",
    title: "A torch.package archive, which carries Python source",
    why: "Python runs it when the package is loaded.",
  },
  {
    id: "incomplete-archive",
    verdict: "corrupt",
    title: "A PyTorch archive without its data.pkl",
    why: "There is nothing that a reader could load.",
  },
  {
    id: "packed-twice",
    verdict: "suspicious",
    title: "A compressed stream inside a compressed stream",
    why: "No library writes that; it hides a file from those that unpack once.",
  },
  {
    id: "unread-part",
    verdict: "unknown",
    title: "A part that wasn't read",
    why: "What nobody has looked at is not called safe.",
  },
  {
    id: "limit",
    verdict: "suspicious",
    title: "A limit that was met",
    why: "Small files that take much time or memory are made to; what follows wasn't read.",
  },
  {
    id: "refused",
    verdict: "suspicious",
    title: "A file about which readers disagree",
    why: "What one program shows is not what another one loads.",
  },
  {
    id: "broken-file",
    verdict: "corrupt",
    title: "A file that breaks the rules of its format",
    why: "It is damaged or was made by hand.",
  },
  {
    id: "unrecognized",
    verdict: "corrupt",
    title: "No model file",
    why: "Nothing in it could be read.",
  },
  {
    id: "foreign-file",
    verdict: "unknown",
    title: "A file of a kind that isn't read",
    why: "What nobody has looked at is not called safe.",
  },
] as const;

/** The id of a rule. */
export type RuleId = (typeof RULES)[number]["id"];

const BY_ID: ReadonlyMap<string, Rule> = new Map(RULES.map((rule) => [rule.id, rule]));

/** The rule of an id. */
export function ruleOf(id: RuleId): Rule {
  return BY_ID.get(id)!;
}
