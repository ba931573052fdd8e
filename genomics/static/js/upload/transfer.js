// Sends a file to storage in parts, a few at a time, each with its SHA-256, until the server has taken it. Parts that are
// stored already are left out, so that an upload goes on where an earlier one stopped.

import { changed, digest } from "./digest.js";

const PARALLEL = 3;
const URLS_PER_CALL = 20;
const URL_LIFETIME_MS = 10 * 60 * 1000; // the server's are good for longer
const STALLED_MS = 60000;
const ROUNDS = 3; // of sending what the server misses at the end

export class Transfer {
  isFinishing = false; // all parts have been sent
  #urls = new Map(); // part number -> { url, signedAt }
  #signing = null; // the call for part URLs under way
  #sent = new Map(); // part number -> bytes that have left
  #queue = []; // numbers of the parts that still have to leave

  /**
   * `upload` is { job, parts, part_size_bytes } as the server gave it, with the digests of the parts that it has in
   * `stored` (by number); `digests` are the file's own, first to last. `onChange` hears of bytes and stages.
   */
  constructor({ file, upload, digests, patience, server, onChange }) {
    Object.assign(this, { file, upload, digests, patience, server, onChange });
    const stored = upload.stored ?? {};
    for (let number = 1; number <= upload.parts; number += 1) {
      if (stored[number] === digests[number - 1]) {
        this.#sent.set(number, this.#part(number).size);
      } else {
        this.#queue.push(number);
      }
    }
  }

  get bytes() {
    return [...this.#sent.values()].reduce((total, amount) => total + amount, 0);
  }

  /** Sends what is not stored yet and has the server submit it: { job, url, same }. Throws a Refusal, or Cancelled. */
  async run() {
    for (let round = 1; ; round += 1) {
      await Promise.all(Array.from({ length: PARALLEL }, () => this.#sendNext()));
      this.isFinishing = true;
      this.onChange();
      try {
        return await this.patience.again(() => this.server.finish(this.upload.job));
      } catch (error) {
        if (!error.missing?.length || round === ROUNDS) {
          throw error;
        }
        this.#queue = [...error.missing];
        this.#queue.forEach((number) => this.#sent.delete(number));
        this.isFinishing = false;
      }
    }
  }

  async #sendNext() {
    for (let number = this.#queue.shift(); number; number = this.#queue.shift()) {
      await this.patience.again(() => this.#send(number));
    }
  }

  async #send(number) {
    const { going } = this.patience;
    const url = await this.#url(number);
    going.throwIfAborted();
    try {
      await this.#put(url, number, going);
    } catch (error) {
      this.#urls.delete(number); // it may have expired: the next try gets a fresh one
      this.#report(number, 0);
      if (!going.aborted) {
        await this.#checkUnchanged(number);
      }
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
    const parts = Object.fromEntries([number, ...ahead].map((wanted) => [wanted, this.digests[wanted - 1]]));
    const { urls } = await this.server.sign(this.upload.job, { parts });
    for (const [signed, url] of Object.entries(urls)) {
      this.#urls.set(Number(signed), { url, signedAt: Date.now() });
    }
  }

  #isFresh(number) {
    const known = this.#urls.get(number);
    return known !== undefined && Date.now() - known.signedAt < URL_LIFETIME_MS;
  }

  /** The bytes of a part: a slice without a type, so that no content type is sent, which was not signed. */
  #part(number) {
    const size = this.upload.part_size_bytes;
    return this.file.slice((number - 1) * size, number * size);
  }

  #put(url, number, going) {
    const part = this.#part(number);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      let watch = 0;
      const stillAlive = () => {
        clearTimeout(watch);
        watch = setTimeout(abort, STALLED_MS);
      };
      request.open("PUT", url);
      request.setRequestHeader("x-amz-checksum-sha256", this.digests[number - 1]);
      request.upload.onprogress = (event) => {
        stillAlive();
        this.#report(number, event.loaded);
      };
      request.onloadend = () => {
        clearTimeout(watch);
        going.removeEventListener("abort", abort);
        if (request.status === 200) {
          this.#report(number, part.size);
          resolve();
        } else {
          reject(new Error(`Part ${number}: HTTP ${request.status}`));
        }
      };
      going.addEventListener("abort", abort);
      stillAlive();
      request.send(part);
    });
  }

  #report(number, bytes) {
    this.#sent.set(number, bytes);
    this.onChange();
  }

  /** A file that was changed or moved since it was read fails like a broken connection: tell them apart. */
  async #checkUnchanged(number) {
    if ((await digest(this.#part(number), this.file)) !== this.digests[number - 1]) {
      throw changed(this.file.name);
    }
  }
}
