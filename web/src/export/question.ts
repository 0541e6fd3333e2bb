/* What to export: the same question that the rows on the page answer. */
export type Question = { q: string; from?: string | undefined; to?: string | undefined };
