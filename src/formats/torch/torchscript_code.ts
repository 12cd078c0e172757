/**
 * Which tensors of a TorchScript module are parameters: only its code says so, in a list at the
 * head of each class. The code is read as text.
 *
 * @module
 */

import { StateDictError } from "../../errors.ts";
import { PyDict } from "../../pickle/dict.ts";
import { PyObject } from "../../pickle/values.ts";
import type { PyGlobal } from "../../pickle/values.ts";
import { quoted } from "../../text/quoted.ts";
import type { ZipDirectory } from "../../zip/directory.ts";
import { readMember } from "../../zip/member.ts";

/** Bytes that the code of one class's file may have; the largest seen have some hundred KB. */
const MAX_CODE = 2 ** 26;

/** What the code says. */
export interface ParameterNames {
  /** The attributes that are parameters, by class. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** Where it says nothing. */
  readonly warnings: readonly string[];
}

/** Reads the lists of those classes that hold tensors. */
export async function readParameterNames(
  directory: ZipDirectory,
  root: string,
  modules: readonly PyObject[],
  signal?: AbortSignal,
): Promise<ParameterNames> {
  const classes = new Map<string, PyGlobal>();
  for (const module of modules) {
    if (holdsTensor(module)) classes.set(module.calleeName, module.callee as PyGlobal);
  }
  const names = new Map<string, readonly string[]>();
  const unknown: string[] = [];
  for (const [fullName, { module, name }] of classes) {
    const code = await readCode(
      directory,
      `${root}/code/${module.replaceAll(".", "/")}.py`,
      signal,
    );
    const parameters = code === undefined ? undefined : parameterList(code, name);
    if (parameters) names.set(fullName, parameters);
    else unknown.push(fullName);
  }
  return { names, warnings: unknownText(unknown) };
}

function holdsTensor({ state }: PyObject): boolean {
  if (!(state instanceof PyDict)) return false;
  return state.pairs().some((value) =>
    value instanceof PyObject && value.calleeName.startsWith("torch._utils._rebuild_")
  );
}

async function readCode(
  directory: ZipDirectory,
  member: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const entry = directory.find(member);
  if (!entry) return undefined;
  if (entry.size > MAX_CODE) {
    throw new StateDictError("limit", `The code has ${entry.size} bytes, more than ${MAX_CODE}`, {
      member,
    });
  }
  const bytes = await readMember(directory, entry, {
    limit: MAX_CODE,
    ...(signal ? { signal } : {}),
  });
  return new TextDecoder().decode(bytes);
}

/** The list `__parameters__ = ["weight", "bias", ]` of a class; undefined if it isn't there. */
export function parameterList(code: string, className: string): string[] | undefined {
  let inClass = false;
  for (const line of code.split("\n")) {
    if (line.startsWith("class ")) inClass = line.startsWith(`class ${className}(`);
    else if (inClass && line.startsWith("  __parameters__ = [")) {
      return [...line.matchAll(/"([^"]*)"/g)].map(([, name]) => name!);
    }
  }
  return undefined;
}

/** Classes that a warning names. */
const CLASSES_SHOWN = 3;

function unknownText(classes: readonly string[]): string[] {
  if (classes.length === 0) return [];
  const shown = classes.slice(0, CLASSES_SHOWN).map(quoted).join(", ");
  const rest = classes.length - CLASSES_SHOWN;
  return [
    `Which tensors are parameters isn't known of ${shown}${rest > 0 ? ` and ${rest} more` : ""}`,
  ];
}
