/* Text of unknown origin, made safe for the eye: characters that reorder, hide or break what is around them are named instead of drawn. */

/** A piece of text as it is, or one character by its name ("U+202E"). */
export type TextPiece = {
  readonly text: string;
  readonly hidden: boolean;
};

/* Controls other than tab and line feed; marks, embeddings, overrides and isolates of direction; blanks without width; line and
   paragraph separators; soft hyphen; byte order mark; interlinear and tag characters; lone surrogates. Joiners (U+200C, U+200D)
   stay: Persian words and emoji need them. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- naming control characters is the purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0001}-\u{e007f}]|\p{Surrogate}/gu;

export function codePointName(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The text in pieces; most texts are one piece. */
export function visiblePieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), hidden: false });
    pieces.push({ text: codePointName(match[0]), hidden: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), hidden: false });
  return pieces;
}

/** Cuts at a whole character. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const unit = text.charCodeAt(maxChars - 1);
  return text.slice(0, unit >= 0xd800 && unit <= 0xdbff ? maxChars - 1 : maxChars);
}
