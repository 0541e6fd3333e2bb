/* Whether a download is whole, told from its own bytes: the server announces a number of events, and NDJSON ends with a record that repeats it. */

export type Format = "csv" | "ndjson";

export type Checker = {
  add: (bytes: Uint8Array) => void;
  /* Events seen so far. */
  readonly events: number;
  /* After the last byte. "damaged": all that the server could read, which it knows is not all there was. */
  finish: (announced: number) => "whole" | "damaged" | "incomplete";
};

const newline = 10;
const quote = 34;
const tail_bytes = 64 * 1024;

export function checkerFor(format: Format): Checker {
  return format === "csv" ? new CsvChecker() : new NdjsonChecker();
}

/* Counts records as RFC 4180 defines them: a line break inside quotes belongs to a cell. A doubled quote leaves and enters again. */
class CsvChecker implements Checker {
  private records = 0;
  private quoted = false;
  private open = false; /* bytes after the last line break */

  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === quote) this.quoted = !this.quoted;
      const ends = byte === newline && !this.quoted;
      if (ends) this.records++;
      this.open = !ends;
    }
  }

  get events(): number {
    return Math.max(0, this.records - 1);
  }

  finish(announced: number): "whole" | "incomplete" {
    return this.records > 0 && !this.open && this.events === announced ? "whole" : "incomplete";
  }
}

class NdjsonChecker implements Checker {
  private lines = 0;
  private last: Uint8Array[] = [];
  private last_bytes = 0;

  add(bytes: Uint8Array): void {
    for (const byte of bytes) if (byte === newline) this.lines++;
    this.last.push(bytes);
    this.last_bytes += bytes.length;
    while (this.last.length > 1 && this.last_bytes - this.last[0]!.length >= tail_bytes)
      this.last_bytes -= this.last.shift()!.length;
  }

  get events(): number {
    return this.lines;
  }

  finish(announced: number): "whole" | "damaged" | "incomplete" {
    const trailer = this.trailer();
    if (trailer?.count !== this.lines - 1) return "incomplete";
    if (!trailer.complete) return "damaged";
    return trailer.count === announced ? "whole" : "incomplete";
  }

  private trailer(): { count: number; complete: boolean } | undefined {
    const decoder = new TextDecoder();
    const text = this.last.map((part) => decoder.decode(part, { stream: true })).join("");
    if (!text.endsWith("\n")) return undefined;
    try {
      const record = JSON.parse(text.slice(text.lastIndexOf("\n", text.length - 2) + 1)) as {
        daybook_export?: { count: number; complete: boolean };
      };
      return record.daybook_export;
    } catch {
      return undefined;
    }
  }
}
