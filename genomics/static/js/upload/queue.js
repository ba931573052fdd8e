import { State } from "./upload.js";

/** Takes uploads in turn: each is looked at right away, and one at a time is sent. */
export class Queue {
  uploads = [];
  #running = false;

  get isBusy() {
    return this.uploads.some((upload) => upload.isBusy);
  }

  /** The upload that is sent right now; undefined while there is none. */
  get current() {
    return this.uploads.find(({ state }) => state === State.SENDING);
  }

  async add(uploads) {
    this.uploads.push(...uploads);
    for (const upload of uploads) {
      await upload.check();
      this.proceed();
    }
  }

  /** Goes on with the next waiting upload, until there is none. */
  async proceed() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    for (let next = this.#next(); next; next = this.#next()) {
      await next.run();
    }
    this.#running = false;
  }

  async cancelAll() {
    await Promise.all(this.uploads.filter(({ isBusy }) => isBusy).map((upload) => upload.cancel()));
  }

  #next() {
    return this.uploads.find(({ state }) => state === State.WAITING);
  }
}
