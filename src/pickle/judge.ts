/**
 * What a name in a pickle says about it: the verdicts of a scan, one name at a time.
 *
 * @module
 */

import { allowedIn, indexNames, whyAllowed, words } from "./allowlist.ts";
import type { NameIndex } from "./allowlist.ts";
import {
  DANGEROUS,
  DANGEROUS_MODULES,
  DANGEROUS_PARTS,
  STDLIB,
  SUSPICIOUS,
} from "./allowlist_dangerous.ts";
import { ANY_CLASS, KNOWN } from "./allowlist_known.ts";

/**
 * How bad a name is.
 *
 * - `allowed`: data that statedict makes itself.
 * - `known`: a data class of a well-known library, which statedict leaves as a name.
 * - `unknown`: nothing is known of it.
 * - `suspicious`: real files name it, and attacks do.
 * - `dangerous`: whoever loads the file lets it act.
 */
export type GlobalTag = "allowed" | "known" | "unknown" | "suspicious" | "dangerous";

/** A name's tag, and the reason in one clause. */
export interface Judgement {
  /** How bad it is. */
  readonly tag: GlobalTag;
  /** Why. */
  readonly why: string;
}

interface Tables {
  readonly known: NameIndex;
  readonly suspicious: NameIndex;
  readonly dangerous: NameIndex;
  readonly modules: ReadonlySet<string>;
  readonly stdlib: ReadonlySet<string>;
  readonly parts: ReadonlySet<string>;
}

let tables: Tables | undefined;

function makeTables(): Tables {
  return {
    known: indexNames(KNOWN),
    suspicious: indexNames(SUSPICIOUS),
    dangerous: indexNames(DANGEROUS),
    modules: new Set(words(DANGEROUS_MODULES)),
    stdlib: new Set(words(STDLIB)),
    parts: new Set(words(DANGEROUS_PARTS)),
  };
}

/**
 * Judges a name, after Python's renaming of Python 2 names. `called` is false where the pickle holds
 * a class as a mere name: joblib names `numpy.memmap` so, which opens a file when it is called.
 *
 * A name is what the list that holds just it says; what is left is judged by its module.
 */
export function judge(module: string, name: string, called = true): Judgement {
  tables ??= makeTables();
  const allowed = whyAllowed(module, name);
  const listed = tables.dangerous.get(module)?.get(name);
  if (allowed && !(listed && called)) return { tag: "allowed", why: allowed };
  const dangerous = listed ?? dangerousPart(tables, name);
  if (dangerous) return { tag: "dangerous", why: dangerous };
  const suspicious = tables.suspicious.get(module)?.get(name);
  if (suspicious) return { tag: "suspicious", why: suspicious };
  const known = whyKnown(tables.known, module, name);
  if (known) return { tag: "known", why: known };
  return judgeModule(tables, module, name);
}

function judgeModule(tables: Tables, module: string, name: string): Judgement {
  const top = module.split(".", 1)[0]!;
  if (tables.stdlib.has(top)) {
    return { tag: "dangerous", why: `not among the harmless names of Python's module ${top}` };
  }
  for (let path = module; path !== ""; path = parent(path)) {
    if (tables.modules.has(path)) {
      return { tag: "dangerous", why: `the module ${path} runs, loads or fetches things` };
    }
  }
  if (name.includes(".") && (allowedIn(module) ?? tables.known.get(module))) {
    return { tag: "suspicious", why: "it reaches through a module that has allowed names" };
  }
  return { tag: "unknown", why: "nothing is known of it" };
}

/** A dotted name walks from attribute to attribute, and may leave its module on the way. */
function dangerousPart({ parts, stdlib }: Tables, name: string): string | undefined {
  const path = name.split(".");
  for (const [i, part] of path.entries()) {
    const isLast = i === path.length - 1;
    if (parts.has(part) || path.length > 1 && /^__.*__$/s.test(part)) {
      return `its part ${part} reaches into the interpreter`;
    }
    // A method may well be called like a module; a module in the middle is walked through.
    if (!isLast && (stdlib.has(part) || stdlib.has(part.replace(/^_/, "")))) {
      return `it reaches Python's module ${part} through another`;
    }
  }
  return undefined;
}

function whyKnown(known: NameIndex, module: string, name: string): string | undefined {
  const names = known.get(module);
  if (!names || name === ANY_CLASS) return undefined;
  return names.get(name) ?? (/^[A-Z][A-Za-z0-9_]*$/.test(name) ? names.get(ANY_CLASS) : undefined);
}

function parent(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}
