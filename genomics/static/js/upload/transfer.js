// Sends a file to storage in parts, a few at a time. What is stored already can be named, so that an upload may go on
// where an earlier one stopped.

import { Refusal } from "./refusal.js";

const PARALLEL = 3;
const URLS_PER_CALL = 20;
const URL_LIFETIME_MS = 10 * 60 * 1000; // the server's are good for longer
const TRIES = 7;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const STALLED_MS = 60000;

export class Cancelled extends Error {}

export class Transfer {
  #requests = new Set();
  #urls = new Map(); // part number -> { url, signedAt }
  #signing = null; // the call for part URLs under way
  #sent = new Map(); // part number -> bytes that have left
  #queue;
  #stop = new AbortController();

  /**
   * `upload` is { job, parts, part_size_bytes } as the server gave it, `stored` the part numbers that are there
   * already, and `onProgress` hears the bytes sent so far.
   */
  constructor({ file, upload, server, onProgress, stored = [] }) {
    Object.assign(this, { file, upload, server, onProgress });
    const there = new Set(stored);
    for (const number of there) {
      this.#sent.set(number, this.#part(number).size);
    }
    this.#queue = Array.from({ length: upload.parts }, (_, index) => index + 1).filter((number) => !there.has(number));
  }

  /** Sends all parts that are not stored yet. Throws a Refusal, or Cancelled. */
  async send() {
    await Promise.all(Array.from({ length: PARALLEL }, () => this.#sendNext()));
  }

  /** Has the server check what has arrived and submit the job; gives { job, url }. Throws a Refusal. */
  finish() {
    return this.#again(() => this.server.finish(this.upload.job));
  }

  /** Stops sending and drops what was sent. */
  async cancel() {
    this.#stop.abort();
    for (const request of this.#requests) {
      request.abort();
    }
    await this.server.abandon(this.upload.job);
  }

  async #sendNext() {
    for (let number = this.#queue.shift(); number; number = this.#queue.shift()) {
      await this.#again(() => this.#send(number));
    }
  }

  /** Repeats a step whose connection failed, after ever longer pauses; what the person must mend is not repeated. */
  async #again(step) {
    for (let tries = 1; ; tries += 1) {
      this.#checkCancelled();
      try {
        return await step();
      } catch (error) {
        this.#checkCancelled();
        const refused = error instanceof Refusal;
        if (refused && (!error.passing || tries === TRIES)) {
          throw error;
        }
        if (tries === TRIES) {
          throw new Refusal("The connection keeps failing.", {
            advice: "Check the network, then upload the file again. Nothing was submitted.",
          });
        }
        await this.#pause(Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2));
      }
    }
  }

  async #send(number) {
    const url = await this.#url(number);
    this.#checkCancelled();
    try {
      await this.#put(url, number);
    } catch (error) {
      this.#urls.delete(number); // it may have expired: the next try gets a fresh one
      this.#report(number, 0);
      await this.#checkReadable(number);
      throw error;
    }
  }

  async #url(number) {
    while (!this.#isFresh(number)) {
      this.#signing ??= this.#sign(number).finally(() => {
        this.#signing = null;
      });
      await this.#signing;
    }
    return this.#urls.get(number).url;
  }

  async #sign(number) {
    const ahead = this.#queue.filter((other) => !this.#isFresh(other)).slice(0, URLS_PER_CALL - 1);
    const { urls } = await this.server.sign(this.upload.job, { parts: [number, ...ahead] });
    for (const [signed, url] of Object.entries(urls)) {
      this.#urls.set(Number(signed), { url, signedAt: Date.now() });
    }
  }

  #isFresh(number) {
    const known = this.#urls.get(number);
    return known !== undefined && Date.now() - known.signedAt < URL_LIFETIME_MS;
  }

  /** The bytes of a part: a slice without a type, so that exactly the signed length and no content type is sent. */
  #part(number) {
    const size = this.upload.part_size_bytes;
    return this.file.slice((number - 1) * size, number * size);
  }

  #put(url, number) {
    const part = this.#part(number);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let watch = 0;
      const stillAlive = () => {
        clearTimeout(watch);
        watch = setTimeout(() => request.abort(), STALLED_MS);
      };
      request.open("PUT", url);
      request.upload.onprogress = (event) => {
        stillAlive();
        this.#report(number, event.loaded);
      };
      request.onloadend = () => {
        clearTimeout(watch);
        this.#requests.delete(request);
        if (request.status === 200) {
          this.#report(number, part.size);
          resolve();
        } else {
          reject(new Error(`Part ${number}: HTTP ${request.status}`));
        }
      };
      this.#requests.add(request);
      stillAlive();
      request.send(part);
    });
  }

  #report(number, bytes) {
    this.#sent.set(number, bytes);
    this.onProgress([...this.#sent.values()].reduce((total, amount) => total + amount, 0));
  }

  /** A file that was changed or moved since it was chosen fails like a broken connection: tell them apart. */
  async #checkReadable(number) {
    try {
      await this.#part(number).slice(0, 1).arrayBuffer();
    } catch {
      throw new Refusal(`${this.file.name} was changed or moved during the upload.`, {
        advice: "Choose the file again.",
      });
    }
  }

  #checkCancelled() {
    if (this.#stop.signal.aborted) {
      throw new Cancelled();
    }
  }

  /** Waits; without a network until there is one again. A cancelled upload wakes up at once. */
  #pause(length) {
    return new Promise((resolve) => {
      const wake = () => (navigator.onLine ? resolve() : addEventListener("online", resolve, { once: true }));
      setTimeout(wake, length);
      this.#stop.signal.addEventListener("abort", resolve, { once: true });
    });
  }
}
