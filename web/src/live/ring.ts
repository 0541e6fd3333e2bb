/* The newest events of a live tail, as JSON text: a hundred thousand parsed ones would weigh several times as much.
   Each has a number, counted from 0 since the start; the oldest make room for new ones. */
export class Ring {
  private readonly slots: string[] = [];
  private first = 0; /* number of the oldest kept */
  private next = 0;

  constructor(readonly capacity: number) {}

  push(texts: readonly string[]): void {
    for (const text of texts) {
      this.slots[this.next % this.capacity] = text;
      this.next++;
    }
    this.first = Math.max(this.first, this.next - this.capacity);
  }

  /* The numbers kept are [oldest, end). */
  get oldest(): number {
    return this.first;
  }

  get end(): number {
    return this.next;
  }

  get(number: number): string | undefined {
    return number >= this.first && number < this.next ? this.slots[number % this.capacity] : undefined;
  }
}
