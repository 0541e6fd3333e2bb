/* A QR code as one SVG path. */

/** Blank modules around the code, as ISO/IEC 18004 asks for. */
export const QUIET_MODULES = 4;

export type QrPath = {
  /** Side of the viewBox, in modules. */
  readonly size: number;
  readonly path: string;
};

/** Rows of "0" and "1", one character for each module; neighbours in a row become one stroke. */
export function qrPath(rows: readonly string[]): QrPath {
  const strokes: string[] = [];
  rows.forEach((row, y) => {
    for (const run of row.matchAll(/1+/g)) {
      const length = run[0].length;
      strokes.push(`M${QUIET_MODULES + run.index} ${QUIET_MODULES + y}h${length}v1h-${length}z`);
    }
  });
  return { size: rows.length + 2 * QUIET_MODULES, path: strokes.join("") };
}

/** A secret in groups of four, for typing by hand. */
export function groupSecret(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? "";
}
