// The uploads that an earlier visit left unfinished: how far they are, to go on with, or to discard.

import { Refusal } from "./refusal.js";
import { percentText } from "./words.js";

export class Unfinished {
  #items;

  /**
   * `onChosen(file, draft)` is called when the person has chosen the file of an unfinished upload. `after` is what
   * follows the list: the keyboard goes on there when the list has gone.
   */
  constructor(root, { after, server, onChosen }) {
    Object.assign(this, { root, after, onChosen, server });
    this.#items = [...root.querySelectorAll("[data-draft]")].map((node) => ({ node, draft: draftOf(node) }));
    for (const item of this.#items) {
      this.#listen(item);
      this.#showHowFar(item);
    }
  }

  /** Those that nobody goes on with on this page. */
  get drafts() {
    return this.#items.filter(({ node }) => !node.hidden).map(({ draft }) => draft);
  }

  /** Takes an upload off the list while it is under way, and for good once it has ended. */
  hide(job) {
    this.#show(job, false);
  }

  /** Offers an upload again that could not go on. */
  offer(job) {
    this.#show(job, true);
  }

  /** Takes the files that were chosen before there was anybody to hear of it. */
  take() {
    for (const item of this.#items) {
      this.#take(item);
    }
  }

  #take({ node, draft }) {
    const input = node.querySelector("input");
    const [file] = input.files;
    input.value = ""; // so that the same file can be chosen again
    if (file) {
      this.onChosen(file, draft);
    }
  }

  #listen(item) {
    const { node, draft } = item;
    node.querySelector("input").addEventListener("change", () => this.#take(item));
    node.querySelector("button").addEventListener("click", async () => {
      this.hide(draft.job);
      try {
        await this.server.abandon(draft.job);
      } catch (error) {
        if (!(error instanceof Refusal)) {
          this.offer(draft.job); // it did not reach the server
        }
      }
    });
  }

  async #showHowFar({ node, draft }) {
    try {
      const { parts, stored } = await this.server.look(draft.job);
      node.querySelector("[data-there]").textContent = `${percentText(Object.keys(stored).length / parts)} there · `;
    } catch (error) {
      if (error instanceof Refusal && !error.passing) {
        this.hide(draft.job); // it has ended meanwhile
      }
    }
  }

  #show(job, isOffered) {
    const item = this.#items.find(({ draft }) => draft.job === job);
    if (!item) {
      return;
    }
    const hadFocus = item.node.contains(document.activeElement);
    item.node.hidden = !isOffered;
    this.root.hidden = this.drafts.length === 0;
    if (hadFocus && !isOffered) {
      (this.root.querySelector("[data-draft]:not([hidden]) button") ?? this.after).focus();
    }
  }
}

function draftOf(node) {
  const { draft, lab, name, sizeBytes } = node.dataset;
  return { job: draft, lab, name, sizeBytes: Number(sizeBytes) };
}
