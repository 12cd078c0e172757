/**
 * Variables of the environment, where looking at one asks nobody for anything.
 *
 * @module
 */

interface NodeGlobal {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * A variable's value; undefined where it isn't set, isn't there in a browser, or Deno was not
 * allowed to read it: then it is not even asked for, since that would stop for a question.
 */
export function environmentVariable(name: string): string | undefined {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  if (!deno) return (globalThis as NodeGlobal).process?.env?.[name] || undefined;
  const { state } = deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? deno.env.get(name) || undefined : undefined;
}
