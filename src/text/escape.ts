/**
 * Text from a file, made fit for a terminal: what would move the cursor, hide, or turn the reading
 * direction is shown by its number, and nothing is longer than it may be.
 *
 * @module
 */

/** Columns that a name may take where nothing else is said : more than any real one has, and less than two lines. */
export const MAX_SHOWN = 120;

/** Marks that may follow one letter: a third and more would climb over the lines above. */
const MAX_MARKS = 2;

/**
 * Nearly every name is this, and needs no look at Unicode's tables: what Latin scripts print, each
 * in one column. Left out are the controls and, among 80 to ff, U+00A0 and the soft hyphen.
 */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff]*$/;

/** Made on first need: V8 takes 0.3 ms to look the properties up, more than all else here. */
let patterns: ReturnType<typeof makePatterns> | undefined;

function makePatterns(): { hidden: RegExp; mark: RegExp; wide: RegExp } {
  return {
    // What a terminal acts on or doesn't show: controls (C0, DEL, C1), format characters (bidi,
    // zero-width, tags, soft hyphen), lone surrogates, U+2028/2029, and the rest of what Unicode
    // calls default-ignorable, such as Hangul fillers and variation selectors.
    hidden: /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
    // What takes no column of its own: marks above or below a letter, and (as wcwidth counts
    // them) the medial and final Hangul letters that join the one before.
    mark: /[\p{Mn}\p{Me}\u1160-\u11ff]/u,
    // The W and F ranges of Unicode 16's EastAsianWidth.txt. Its wide symbols outside of these
    // ranges are those with emoji presentation, without the letters that flags are made of.
    wide: new RegExp(
      "[\\u1100-\\u115f\\u2329\\u232a\\u2630-\\u2637\\u268a-\\u268f\\u2e80-\\u303e\\u3041-\\u3247" +
        "\\u3250-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19" +
        "\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}" +
        "\\u{1d300}-\\u{1d376}\\u{1f200}-\\u{1f265}\\u{20000}-\\u{2fffd}\\u{30000}-\\u{3fffd}]" +
        "|(?![\\u{1f1e6}-\\u{1f1ff}])\\p{Emoji_Presentation}",
      "u",
    ),
  };
}

/** How {@linkcode showText} shortens. */
export interface ShowOptions {
  /** Columns at most; 120 unless told, `Infinity` for all of it. */
  readonly max?: number;
  /** Which part gives way to the ellipsis: the end, or the middle as suits dotted names and paths. */
  readonly cut?: "end" | "middle";
}

/** Shows text that came from a file: on one line, every character visible, of limited width. */
export function showText(text: string, options: ShowOptions = {}): string {
  const max = options.max ?? MAX_SHOWN;
  if (text.length <= max && PLAIN.test(text)) return text;
  const all = take(cells(text), max);
  if (all.whole) return all.cells.join("");
  if (options.cut !== "middle") return take(cells(text), max - 1).cells.join("") + "…";
  const tailWidth = Math.floor((max - 1) / 2);
  // A cell of one column has at most 6 units: a letter of two and two marks of two.
  const tail = take([...cells(text.slice(-6 * max))].reverse(), tailWidth).cells.reverse();
  return take(cells(text), max - 1 - tailWidth).cells.join("") + "…" + tail.join("");
}

/** Whether every character is seen as it is and takes one column. */
export function isShownAsIs(text: string): boolean {
  return PLAIN.test(text);
}

/** Whether the character acts on a terminal or can't be seen. */
export function isHidden(character: string): boolean {
  return (patterns ??= makePatterns()).hidden.test(character);
}

/** Columns that the text takes on a terminal, once {@linkcode showText} has been over it. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (character >= " " && character <= "~") return 1;
  if (isMark(character) || isHidden(character)) return 0;
  return (patterns ??= makePatterns()).wide.test(character) ? 2 : 1;
}

function isMark(character: string): boolean {
  return (patterns ??= makePatterns()).mark.test(character);
}

/** The shown form of every character; one that carries marks is one cell with them. */
function* cells(text: string): Generator<string> {
  let cell = "";
  let marks = 0;
  for (const character of text) {
    const hidden = isHidden(character);
    const mark = !hidden && isMark(character);
    if (mark && cell !== "" && marks < MAX_MARKS) {
      cell += character;
      marks++;
      continue;
    }
    if (cell !== "") yield cell;
    // A mark without a letter before it would sit on text of our own.
    cell = hidden || mark ? "" : character;
    if (cell === "") yield `\\u{${character.codePointAt(0)!.toString(16)}}`;
    marks = 0;
  }
  if (cell !== "") yield cell;
}

/** The first cells that fit into `max` columns, and whether those are all. */
function take(source: Iterable<string>, max: number): { cells: string[]; whole: boolean } {
  const taken: string[] = [];
  let width = 0;
  for (const cell of source) {
    width += displayWidth(cell);
    if (width > max) return { cells: taken, whole: false };
    taken.push(cell);
  }
  return { cells: taken, whole: true };
}
