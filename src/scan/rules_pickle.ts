/**
 * The rules of a scan that are about names and pickles.
 *
 * @module
 */

/** Names first, then what the opcodes do, then what they cost and where pickles stand. */
export const PICKLE_RULES = [
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
    id: "odd-wrapper",
    verdict: "suspicious",
    title: "An array of joblib that is described as joblib doesn't",
    why: "Where its bytes end and opcodes go on may differ from reader to reader.",
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
] as const;
