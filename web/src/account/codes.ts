/* Codes that people type, as the server takes them. */

/** Six digits, however they were grouped. */
export function onlyDigits(text: string): string {
  return text.replace(/\D/g, "").slice(0, 6);
}

/** The file that Download writes: one code per line, with a heading that says whose they are. */
export function recoveryFile(heading: string, codes: readonly string[]): string {
  return `${heading}\r\n\r\n${codes.join("\r\n")}\r\n`;
}
