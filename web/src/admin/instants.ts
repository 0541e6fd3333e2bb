/* The end of a day chosen in a calendar, in the reader's own zone, as an instant: a key that expires on a day still works on it. */
export function expiryInstant(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).toISOString();
}
