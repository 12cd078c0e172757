/**
 * Globs over dotted names.
 *
 * | pattern | matches |
 * | --- | --- |
 * | `*` | any run of characters, also none, within one dotted part |
 * | `**` | any run, dots too |
 * | `**.` where a part begins | any number of whole parts, also none: `**.bias` matches `bias` |
 * | `?` | one character that isn't a dot |
 * | `[a-c_]`, `[!0-9]` | one character (not a dot) that is, or isn't, in the set |
 * | `{q,k,v}` | one of several patterns; they may be nested |
 * | `\*` | the character itself |
 *
 * Everything else stands for itself, and a pattern matches the whole name: `encoder` is one name,
 * `encoder.**` all below it. Upper and lower case are different.
 *
 * A pattern becomes a small automaton whose states are followed all at once, so the time is at most
 * the pattern's length times the name's, whatever the pattern.
 *
 * @module
 */

import { StateDictError } from "../errors.ts";

/** Whether one code point may be passed. */
type Test = (point: number) => boolean;

/** A state: where it leads for nothing, and where for a character. */
interface State {
  readonly free: number[];
  readonly steps: { readonly test: Test; readonly to: number }[];
}

/** `{` that waits for its `}`. */
interface Group {
  readonly start: number;
  readonly ends: number[];
  readonly opened: number;
  readonly partBegins: boolean;
}

const DOT = 0x2e;
const any: Test = () => true;
const withinPart: Test = (point) => point !== DOT;

/** Whether the name matches the glob. For many names, compile once with {@linkcode compileGlobs}. */
export function matchGlob(pattern: string, name: string): boolean {
  return compileGlobs([pattern])(name);
}

/**
 * One question for many names: does any of the globs match? With no globs the answer is no.
 *
 * @throws {StateDictError} `usage` if a bracket or brace isn't closed.
 */
export function compileGlobs(patterns: readonly string[]): (name: string) => boolean {
  const plain = new Set<string>();
  const automata: State[][] = [];
  for (const pattern of patterns) {
    if (/[*?[\]{}\\]/.test(pattern)) automata.push(compile(pattern));
    else plain.add(pattern);
  }
  return (name) => plain.has(name) || automata.some((states) => run(states, name));
}

/** The automaton of a pattern: starts in the first state, and matches in the last. */
function compile(pattern: string): State[] {
  const characters = [...pattern];
  const states: State[] = [];
  const groups: Group[] = [];
  let at = 0;
  let partBegins = true as boolean;

  const add = () => states.push({ free: [], steps: [] }) - 1;
  const join = (from: number, to: number) => states[from]!.free.push(to);
  const step = (from: number, test: Test, to: number) => states[from]!.steps.push({ test, to });
  let here = add();
  const pass = (test: Test) => {
    const to = add();
    step(here, test, to);
    here = to;
  };
  /** A state that is left only by choice: what comes before can't be entered again. */
  const loop = (test: Test) => {
    const to = add();
    join(here, to);
    step(to, test, to);
    here = to;
  };

  while (at < characters.length) {
    const start = at;
    const character = characters[at++]!;
    const begins: boolean = partBegins;
    partBegins = character === ".";
    if (character === "*" && characters[at] === "*") {
      while (characters[at] === "*") at++;
      const before = here;
      loop(any);
      if (begins && characters[at] === ".") {
        at++;
        pass((point) => point === DOT);
        join(before, here);
        partBegins = true;
      }
    } else if (character === "*") loop(withinPart);
    else if (character === "?") pass(withinPart);
    else if (character === "[") {
      const set = readSet(pattern, characters, at);
      pass(set.test);
      at = set.end;
    } else if (character === "{") {
      groups.push({ start: here, ends: [], opened: start, partBegins: begins });
      here = add();
      join(groups.at(-1)!.start, here);
      partBegins = begins;
    } else if (character === "," && groups.length > 0) {
      const group = groups.at(-1)!;
      group.ends.push(here);
      here = add();
      join(group.start, here);
      partBegins = group.partBegins;
    } else if (character === "}" && groups.length > 0) {
      const { ends } = groups.pop()!;
      const to = add();
      for (const end of [...ends, here]) join(end, to);
      here = to;
      partBegins = characters[at - 2] === ".";
    } else {
      const literal = character === "\\" && at < characters.length ? characters[at++]! : character;
      const point = literal.codePointAt(0)!;
      pass((other) => other === point);
    }
  }
  const open = groups.pop();
  if (open) throw unclosed(pattern, "{", open.opened);
  // The last state must be the matching one: braces may have left another last.
  const end = add();
  join(here, end);
  return states;
}

/** Reads `a-c_]` of `[a-c_]`; a `]` that comes first is a member. */
function readSet(
  pattern: string,
  characters: readonly string[],
  start: number,
): { test: Test; end: number } {
  let at = start;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  const ranges: [low: number, high: number][] = [];
  const first = at;
  for (; characters[at] !== "]" || at === first; at++) {
    if (at >= characters.length) throw unclosed(pattern, "[", start - 1);
    if (characters[at] === "\\" && at + 1 < characters.length) at++;
    const low = characters[at]!.codePointAt(0)!;
    let high = low;
    if (characters[at + 1] === "-" && (characters[at + 2] ?? "]") !== "]") {
      at += 2;
      high = characters[at]!.codePointAt(0)!;
    }
    if (high < low) throw badGlob(pattern, `the range at ${at - 2} runs backwards`);
    ranges.push([low, high]);
  }
  const test: Test = (point) =>
    point !== DOT && ranges.some(([low, high]) => low <= point && point <= high) !== negated;
  return { test, end: at + 1 };
}

function unclosed(pattern: string, bracket: string, at: number): StateDictError {
  return badGlob(pattern, `the ${bracket} at ${at} isn't closed`);
}

function badGlob(pattern: string, why: string): StateDictError {
  return new StateDictError("usage", `The glob "${pattern}" can't be read: ${why}`, {
    hint: "write \\ before a bracket or brace that stands for itself",
  });
}

/** Follows all states that the name so far can have led to. */
function run(states: readonly State[], name: string): boolean {
  let current = [0];
  const seen = new Uint32Array(states.length);
  let round = 1;
  const spread = (reached: number[]) => {
    for (let i = 0; i < reached.length; i++) {
      for (const next of states[reached[i]!]!.free) {
        if (seen[next] === round) continue;
        seen[next] = round;
        reached.push(next);
      }
    }
  };
  spread(current);
  for (const character of name) {
    const point = character.codePointAt(0)!;
    const reached: number[] = [];
    round++;
    for (const state of current) {
      for (const { test, to } of states[state]!.steps) {
        if (seen[to] === round || !test(point)) continue;
        seen[to] = round;
        reached.push(to);
      }
    }
    if (reached.length === 0) return false;
    spread(reached);
    current = reached;
  }
  return current.includes(states.length - 1);
}
