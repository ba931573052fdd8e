const WINDOW_MS = 5000;
const LEAST_SECONDS = 0.5; // below it a rate would jump about

/** Tells how fast bytes have left over the last seconds. */
export class Meter {
  #marks = [];

  mark(bytes) {
    const now = performance.now();
    this.#marks = [...this.#marks.filter((mark) => now - mark.at < WINDOW_MS), { at: now, bytes }];
  }

  /** Forgets what was measured: the time of a pause does not count. */
  reset() {
    this.#marks = [];
  }

  /** Bytes per second; null while that is not known. */
  get rate() {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    const seconds = first ? (last.at - first.at) / 1000 : 0;
    const rate = (last?.bytes - first?.bytes) / seconds;
    return seconds > LEAST_SECONDS && rate > 0 ? rate : null;
  }
}
