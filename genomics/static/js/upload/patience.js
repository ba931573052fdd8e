// Keeps an upload going: repeats what fails, and waits while the person or the network wants it so.

import { Refusal } from "./refusal.js";

const TRIES = 7;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;

/** Why nothing is sent right now. */
export const Pause = Object.freeze({ WISHED: "WISHED", OFFLINE: "OFFLINE", FAILING: "FAILING" });

export class Cancelled extends Error {}

export class Patience {
  paused = null; // one of Pause; null while it goes on
  trouble = null; // why the latest try failed; another one follows by itself
  #going = new AbortController(); // ended by a pause, and begun anew after it
  #stop = new AbortController();
  #resumed = Promise.resolve();
  #wake = () => {};

  /** `onChange` hears that `paused` or `trouble` has changed. */
  constructor({ onChange }) {
    this.onChange = onChange;
  }

  /** Ends what is on its way, at a pause or for good. */
  get going() {
    return this.#going.signal;
  }

  /** Ends everything, for good; its reason is Cancelled. */
  get stopped() {
    return this.#stop.signal;
  }

  pause(reason) {
    if (this.paused === null) {
      this.#resumed = new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
    this.paused = reason;
    this.#going.abort();
    this.onChange();
  }

  resume() {
    this.paused = null;
    this.#going = new AbortController();
    this.#wake();
    this.onChange();
  }

  stop() {
    this.#stop.abort(new Cancelled());
    this.#going.abort();
    this.#wake();
  }

  /** Pauses while the network is away, as long as `work` goes on, and gives what it gives. */
  async withNetwork(work) {
    const listening = new AbortController();
    addEventListener("offline", () => this.pause(Pause.OFFLINE), { signal: listening.signal });
    addEventListener("online", () => this.paused !== Pause.WISHED && this.resume(), { signal: listening.signal });
    if (!navigator.onLine) {
      this.pause(Pause.OFFLINE);
    }
    try {
      return await work();
    } finally {
      listening.abort();
    }
  }

  /**
   * Repeats a step whose connection failed, after ever longer breaks, then waits for the person or the network.
   * What the person must mend is not repeated. Throws the step's Refusal, or Cancelled.
   */
  async again(step) {
    for (let failures = 0; ; ) {
      while (this.paused !== null && !this.stopped.aborted) {
        await this.#resumed;
      }
      this.stopped.throwIfAborted();
      const { going } = this;
      try {
        const result = await step();
        this.trouble = null;
        return result;
      } catch (error) {
        this.stopped.throwIfAborted();
        if (going.aborted) {
          continue; // a pause has ended it: no failure
        }
        if (error instanceof Refusal && !error.passing) {
          throw error;
        }
        failures += 1;
        this.trouble = error;
        this.onChange();
        if (failures === TRIES) {
          failures = 0;
          this.pause(Pause.FAILING);
        } else {
          await this.#breathe(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS));
        }
      }
    }
  }

  /** Waits about so long, not all parts to the same moment; a cancelled upload wakes up at once. */
  #breathe(length) {
    return new Promise((resolve) => {
      setTimeout(resolve, length * (0.5 + Math.random() / 2));
      this.stopped.addEventListener("abort", resolve, { once: true });
    });
  }
}
