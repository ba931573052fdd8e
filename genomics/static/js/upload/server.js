// The server's side of an upload: begin, sign parts, finish, abandon.

import { Refusal } from "./refusal.js";

export class Server {
  constructor({ beginUrl, csrfToken }) {
    this.beginUrl = new URL(beginUrl, location.href);
    this.csrfToken = csrfToken;
  }

  /** Gives { job, parts, part_size_bytes }. */
  begin({ name, sizeBytes }) {
    return this.#post(this.beginUrl, { name, size_bytes: sizeBytes });
  }

  /** Gives { urls: { "1": "https://…" } } for at most 20 part numbers, counted from 1. */
  sign(job, { parts }) {
    return this.#post(new URL(`../${job}/sign/`, this.beginUrl), { parts });
  }

  /** Gives { job, url }; asking twice does no harm. */
  finish(job) {
    return this.#post(new URL(`../${job}/finish/`, this.beginUrl), {});
  }

  abandon(job) {
    return this.#post(new URL(`../${job}/abandon/`, this.beginUrl), {});
  }

  /** Throws a Refusal with the server's words, and a TypeError when there are none: it cannot be reached. */
  async #post(url, body) {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrfToken },
      body: JSON.stringify(body),
    });
    if (answer.redirected || answer.status === 403) {
      throw new Refusal("You are no longer signed in.", {
        advice: "Reload the page, sign in, and choose the file again.",
        code: "SIGNED_OUT",
      });
    }
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) {
      throw new TypeError(`HTTP ${answer.status}`);
    }
    const content = await answer.json();
    if (!answer.ok) {
      const { message, ...rest } = content.error;
      throw new Refusal(message, { ...rest, passing: answer.status >= 500 });
    }
    return content;
  }
}
