/** Something that work has to pass, and that can be shut for a while. */
export class Gate {
  reason = null; // why it is shut; null: it is open
  #opened = Promise.resolve();
  #open = () => {};

  shut(reason) {
    if (this.reason === null) {
      this.#opened = new Promise((resolve) => {
        this.#open = resolve;
      });
    }
    this.reason = reason;
  }

  open() {
    this.reason = null;
    this.#open();
  }

  /** Resolves as soon as the gate is open. */
  async passed() {
    while (this.reason !== null) {
      await this.#opened;
    }
  }
}
