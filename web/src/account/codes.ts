/* Codes that people type, as the server takes them. */

/** The digits of a code of an app (6) or a mail (8), however they were grouped. */
export function onlyDigits(text: string): string {
  return text.replace(/\D/g, "");
}

export const codeDigits = { totp: 6, email: 8 } as const;

/** The file that Download writes: one code per line, with a heading that says whose they are. */
export function recoveryFile(heading: string, codes: readonly string[]): string {
  return `${heading}\r\n\r\n${codes.join("\r\n")}\r\n`;
}
