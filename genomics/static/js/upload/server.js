// The server's side of an upload: begin, look, sign parts, finish, abandon.

import { Refusal } from "./refusal.js";

export class Server {
  constructor({ beginUrl, csrfToken }) {
    this.beginUrl = new URL(beginUrl, location.href);
    this.csrfToken = csrfToken;
  }

  /**
   * Gives { job, parts, part_size_bytes, same }. `job` is null, and nothing was begun, when the lab has jobs with the
   * same file (named in `same`) and `again` does not say that it is wanted once more.
   */
  begin({ name, sizeBytes, checksum, lab, again }) {
    return this.#post(this.beginUrl, { name, size_bytes: sizeBytes, checksum, lab, again });
  }

  /** Gives { job, name, size_bytes, parts, part_size_bytes, stored: { "1": "<sha256>" } } of an unfinished upload. */
  look(job) {
    return this.#ask(this.#url(job), {});
  }

  /** Gives { urls: { "1": "https://…" } } for at most 20 parts: { "1": "<sha256>" }, numbers count from 1. */
  sign(job, { parts }) {
    return this.#post(this.#url(job, "sign/"), { parts });
  }

  /** Gives { job, url, same }; asking twice does no harm. */
  finish(job) {
    return this.#post(this.#url(job, "finish/"), {});
  }

  /** Asking twice does no harm. */
  abandon(job) {
    return this.#post(this.#url(job, "abandon/"), {});
  }

  #url(job, step = "") {
    return new URL(`../${job}/${step}`, this.beginUrl);
  }

  #post(url, body) {
    return this.#ask(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrfToken },
      body: JSON.stringify(body),
    });
  }

  /** Throws a Refusal with the server's words, and a TypeError when there are none: it cannot be reached. */
  async #ask(url, options) {
    const answer = await fetch(url, options);
    if (answer.redirected || answer.status === 403) {
      throw new Refusal("You are no longer signed in.", {
        advice: "Reload the page, sign in, and choose the file again: what has arrived is kept for a day.",
        code: "SIGNED_OUT",
      });
    }
    if (answer.status === 404) {
      throw new Refusal("This upload, or its lab, is no longer there.", {
        advice: "Reload the page and choose the file again.",
        code: "GONE",
      });
    }
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) {
      throw new TypeError(`HTTP ${answer.status}`);
    }
    const content = await answer.json();
    if (!answer.ok) {
      const { message, ...rest } = content.error;
      throw new Refusal(message, { ...rest, passing: answer.status >= 500 || answer.status === 429 });
    }
    return content;
  }
}
