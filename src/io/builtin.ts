/**
 * Node's built-in modules, taken only when somebody needs one: a static `node:` import costs Deno
 * more than its whole start, and a browser has none.
 *
 * @module
 */

interface ProcessGlobal {
  getBuiltinModule?(name: string): unknown;
  versions?: { node?: string };
}

/** A built-in module without waiting, or undefined where the runtime can't give it so. */
export function builtinNow<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: ProcessGlobal };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** A built-in module, or undefined in a browser. */
export async function loadBuiltin<T>(name: string): Promise<T | undefined> {
  const now = builtinNow<T>(name);
  if (now) return now;
  // Node before 20.16 has no getBuiltinModule; the name stays a variable so that bundlers leave it.
  const { process } = globalThis as { process?: ProcessGlobal };
  return process?.versions?.node ? await import(name) as T : undefined;
}
