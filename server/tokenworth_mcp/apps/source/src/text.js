// How much text there is room for: drawings must know before anything is drawn.
const LETTER = 7.2;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{1faff}]/u;

const BROAD = /[MWmw%@]/;

const letterWidth = (letter) => LETTER * (WIDE.test(letter) ? 1.9 : BROAD.test(letter) ? 1.5 : 1);

/** About how wide a text is drawn. */
export const widthOf = (text) => [...text].reduce((sum, letter) => sum + letterWidth(letter), 0);

/** The widest of several texts. */
export const widest = (texts) => Math.max(0, ...texts.map(widthOf));

/** As many letters as fit. */
function fitting(text, room) {
  let taken = 0;
  const letters = [...text];
  const end = letters.findIndex((letter) => (taken += letterWidth(letter)) > room);
  return end < 0 ? text : letters.slice(0, Math.max(1, end)).join("");
}

/** A text that ends in … where it is too long. */
export const clipped = (text, room) => (widthOf(text) <= room ? text : `${fitting(text, room - LETTER).trimEnd()}…`);

/** As much of a word as fits, to its last joint where one is in the second half of that. */
function pieceOf(word, room) {
  const piece = fitting(word, room);
  const joint = piece.search(/[-/_.][^-/_.]*$/);
  return joint > piece.length / 2 ? piece.slice(0, joint + 1) : piece;
}

/** A text in lines, broken between words, and within a word that is longer than a line. */
export function inLines(text, room) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const joined = `${lines.at(-1)} ${word}`.trim();
    if (widthOf(joined) <= room) {
      lines[lines.length - 1] = joined;
      continue;
    }
    if (lines.at(-1)) lines.push("");
    let rest = word;
    while (widthOf(rest) > room) {
      const piece = pieceOf(rest, room);
      lines[lines.length - 1] = piece;
      lines.push("");
      rest = rest.slice(piece.length);
    }
    lines[lines.length - 1] = rest;
  }
  return lines;
}
