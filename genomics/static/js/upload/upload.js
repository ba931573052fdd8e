// One file on its way: looked at, read, recognised, sent, submitted.

import { composite, digestParts } from "./digest.js";
import { inspect } from "./inspect.js";
import { Meter } from "./meter.js";
import { Patience } from "./patience.js";
import { Refusal } from "./refusal.js";
import { Transfer } from "./transfer.js";

export const State = Object.freeze({
  CHECKING: "CHECKING", // its header is looked at
  WAITING: "WAITING", // for its turn
  READING: "READING", // its parts are hashed
  OPENING: "OPENING", // the server is asked
  KNOWN: "KNOWN", // the lab has this file: the person decides
  SENDING: "SENDING",
  DONE: "DONE",
  FAILED: "FAILED",
  CANCELLED: "CANCELLED",
});
const BUSY = new Set([State.CHECKING, State.WAITING, State.READING, State.OPENING, State.SENDING]);

export class Upload {
  state = State.CHECKING;
  facts = null; // what its header says; null until it was looked at
  read = 0; // bytes that have been hashed
  transfer = null; // from the first byte sent
  twins = []; // jobs with the same file
  url = null; // of its job
  refusal = null;
  meter = new Meter();
  patience = new Patience({ onChange: () => this.#measure() });
  #again = false; // it was asked for although the lab has it
  #digests = null;

  /**
   * `lab` is { id, plan, maxBytes }. `draft`, { job, name, sizeBytes }, is the unfinished upload that the file was
   * chosen for, null for a new one; `drafts` are those that may turn out to be of this file.
   */
  constructor(file, { lab, draft = null, drafts = [], partBytes, server, onChange }) {
    Object.assign(this, { file, lab, draft, drafts, partBytes, server, onChange });
  }

  get isBusy() {
    return BUSY.has(this.state);
  }

  /** The bytes that are there; those of a new file count from the first one sent. */
  get bytes() {
    return this.state === State.DONE ? this.file.size : (this.transfer?.bytes ?? 0);
  }

  /** Looks at the file before its turn comes, so that what is wrong with it shows at once. */
  async check() {
    try {
      this.#refuseOther();
      this.facts = await inspect(this.file, this.lab);
      this.#move(State.WAITING);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Brings the file as far as it gets: DONE, FAILED, CANCELLED, or KNOWN, which waits for the person. */
  async run() {
    try {
      await this.patience.withNetwork(() => this.#run());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on although the lab has this file; its turn comes again. */
  uploadAgain() {
    this.#again = true;
    this.twins = [];
    this.#move(State.WAITING);
  }

  /** Takes the upload back; when that does not reach the server, the server drops it after a while. */
  async cancel() {
    this.patience.stop();
    this.#move(State.CANCELLED);
    await this.#abandon();
  }

  async #run() {
    await this.#readParts();
    this.#move(State.OPENING);
    const opened = (await this.#resume()) ?? (await this.#begin());
    if (opened) {
      await this.#send(opened);
    }
  }

  #refuseOther() {
    const { draft, file } = this;
    if (draft && (file.name !== draft.name || file.size !== draft.sizeBytes)) {
      throw otherFile(draft.name);
    }
  }

  async #readParts() {
    this.#move(State.READING);
    this.#digests ??= await digestParts(this.file, {
      partBytes: this.partBytes,
      signal: this.patience.stopped,
      onProgress: (bytes) => {
        this.read = bytes;
        this.onChange(this);
      },
    });
  }

  /** Gives the unfinished upload of this very file, null without one. */
  async #resume() {
    const { name, size } = this.file;
    const alike = this.drafts.filter((draft) => draft.name === name && draft.sizeBytes === size && draft.lab === this.lab.id);
    for (const draft of this.draft ? [this.draft] : alike) {
      const found = await this.#look(draft);
      if (found && this.#isSame(found)) {
        return found;
      }
      if (this.draft) {
        throw otherFile(name);
      }
    }
    return null;
  }

  async #look(draft) {
    try {
      return await this.patience.again(() => this.server.look(draft.job));
    } catch (error) {
      if (this.draft || !(error instanceof Refusal)) {
        throw error;
      }
      return null; // it has ended meanwhile
    }
  }

  #isSame({ part_size_bytes, stored }) {
    return (
      part_size_bytes === this.partBytes &&
      Object.entries(stored).every(([number, digest]) => digest === this.#digests[number - 1])
    );
  }

  async #begin() {
    const wanted = {
      name: this.file.name,
      sizeBytes: this.file.size,
      checksum: await composite(this.#digests),
      lab: this.lab.id,
      again: this.#again,
    };
    const begun = await this.patience.again(() => this.server.begin(wanted));
    if (begun.job === null) {
      this.twins = begun.same;
      this.#move(State.KNOWN);
      return null;
    }
    return begun;
  }

  async #send(opened) {
    const { file, patience, server } = this;
    this.transfer = new Transfer({
      file,
      patience,
      server,
      digests: this.#digests,
      upload: opened,
      onChange: () => this.#measure(),
    });
    if (patience.stopped.aborted) {
      await this.#abandon();
      return;
    }
    if (opened.part_size_bytes !== this.partBytes) {
      throw new Refusal("This page is out of date.", { advice: "Reload it and choose the file again." });
    }
    this.#move(State.SENDING);
    const { url, same } = await this.transfer.run();
    Object.assign(this, { url, twins: same });
    this.#move(State.DONE);
  }

  async #abandon() {
    if (this.transfer) {
      await this.server.abandon(this.transfer.upload.job).catch(() => {});
    }
  }

  #measure() {
    if (this.patience.paused) {
      this.meter.reset();
    } else if (this.transfer) {
      this.meter.mark(this.transfer.bytes);
    }
    this.onChange(this);
  }

  #fail(error) {
    if (this.state === State.CANCELLED) {
      return;
    }
    this.refusal =
      error instanceof Refusal
        ? error
        : new Refusal("The upload has failed.", { advice: "Reload the page, then choose the file again." });
    this.patience.stop(); // parts may be on their way
    if (this.refusal.code === "") {
      this.#abandon(); // the file is no longer the one that was begun
    }
    this.#move(State.FAILED);
  }

  /** What is cancelled stays so, unless the server had it already. */
  #move(state) {
    if (this.state !== State.CANCELLED || state === State.DONE) {
      this.state = state;
      this.onChange(this);
    }
  }
}

function otherFile(name) {
  return new Refusal(`This is another file than the ${name} whose upload is unfinished.`, {
    advice: "Choose the very file again, or discard the unfinished upload and upload this one anew.",
    code: "OTHER_FILE",
  });
}
