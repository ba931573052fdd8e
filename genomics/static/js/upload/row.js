// One row of the list: what is known of a file, how far it is, and what can be done.

import { Pause } from "./patience.js";
import { Refusal } from "./refusal.js";
import { State } from "./upload.js";
import { momentText, sizeText, timeText } from "./words.js";

const COMPRESSION = { plain: "not compressed", gzip: "gzip", bgzf: "bgzip" };
const STAGE = {
  [State.CHECKING]: "Checking the file",
  [State.WAITING]: "Waiting for its turn",
  [State.READING]: "Reading the file",
  [State.OPENING]: "Preparing the upload",
  [State.KNOWN]: "Not sent yet",
  [State.SENDING]: "Uploading",
  [State.DONE]: "Submitted",
  [State.FAILED]: "Not submitted",
  [State.CANCELLED]: "Cancelled",
};
const PAUSED = {
  [Pause.WISHED]: "Paused. You can go on within 24 hours, also after leaving this page",
  [Pause.OFFLINE]: "No network. It goes on by itself when the network is back",
};

/** Says where an upload stands. */
export function stageText({ patience, state, transfer }) {
  const needsNetwork = state === State.OPENING || state === State.SENDING;
  if (needsNetwork && patience.paused === Pause.FAILING) {
    return `${troubleText(patience)} Paused. Resume to try again`;
  }
  if (needsNetwork && patience.paused) {
    return PAUSED[patience.paused];
  }
  if (needsNetwork && patience.trouble) {
    return `${troubleText(patience)} Trying again`;
  }
  return state === State.SENDING && transfer.isFinishing ? "Checking what has arrived" : STAGE[state];
}

function troubleText({ trouble }) {
  return trouble instanceof Refusal ? trouble.message : "The connection broke.";
}

export class Row {
  #cells;
  #twins = []; // those that are shown

  /** `timeZone` is the person's; `onAgain` is called when they want a file that the lab has already. */
  constructor(upload, { template, timeZone, onAgain }) {
    Object.assign(this, { upload, timeZone });
    this.node = template.content.firstElementChild.cloneNode(true);
    this.#cells = Object.fromEntries([...this.node.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell]));
    const { again, bar, cancel, name, pause } = this.#cells;
    name.textContent = upload.file.name;
    bar.setAttribute("aria-label", `Upload of ${upload.file.name}`);
    const { patience } = upload;
    pause.addEventListener("click", () => (patience.paused ? patience.resume() : patience.pause(Pause.WISHED)));
    cancel.addEventListener("click", () => upload.cancel());
    again.addEventListener("click", onAgain);
    this.show();
  }

  show() {
    const { upload } = this;
    const { again, bar, cancel, facts, job, pause, rate, stage } = this.#cells;
    const focused = this.node.contains(document.activeElement);
    this.node.dataset.state = upload.state;
    facts.textContent = factsText(upload);
    stage.textContent = stageText(upload);
    rate.textContent = rateText(upload);
    bar.value = share(upload);
    bar.hidden = ![State.READING, State.OPENING, State.SENDING].includes(upload.state);
    pause.hidden = !mayPause(upload);
    this.#label(pause, upload.patience.paused ? "Resume" : "Pause");
    cancel.hidden = !upload.isBusy && upload.state !== State.KNOWN;
    this.#label(cancel, "Cancel");
    again.hidden = upload.state !== State.KNOWN;
    this.#label(again, "Upload it again");
    job.hidden = upload.url === null;
    job.href = upload.url ?? "";
    this.#label(job, "Open the job");
    this.#showTwins();
    this.#showRefusal();
    if (focused && document.activeElement === document.body) {
      this.node.focus(); // the button that had it is gone
    }
  }

  #label(button, text) {
    if (button.textContent !== text) {
      button.textContent = text;
      button.setAttribute("aria-label", `${text}: ${this.upload.file.name}`);
    }
  }

  #showTwins() {
    const { state, twins } = this.upload;
    const { twin, "twin-list": list, "twin-said": said } = this.#cells;
    if (twins === this.#twins) {
      return;
    }
    this.#twins = twins;
    twin.hidden = twins.length === 0;
    list.replaceChildren();
    said.textContent = state === State.KNOWN ? "The lab has this very file already:" : "The lab had this very file before:";
    for (const job of twins) {
      const link = document.createElement("a");
      link.href = job.url;
      link.textContent = job.name;
      const item = document.createElement("li");
      item.append(link, ` · ${job.status} · uploaded ${momentText(job.submitted_at, this)}`);
      list.append(item);
    }
  }

  #showRefusal() {
    const { refusal } = this.upload;
    const { advice, error, message, place } = this.#cells;
    if (refusal && error.hidden) {
      message.textContent = refusal.message;
      place.textContent = refusal.place && `Where: ${refusal.place}`;
      place.hidden = !refusal.place;
      advice.textContent = refusal.advice;
      error.hidden = false;
    }
  }
}

/** What is on its way can be paused, and what is paused can go on. */
function mayPause({ patience, state, transfer }) {
  return state === State.SENDING ? !transfer.isFinishing || patience.paused : state === State.OPENING && patience.paused;
}

function share({ bytes, file, read, state }) {
  const amount = state === State.READING || state === State.OPENING ? read : bytes;
  return file.size === 0 ? 0 : amount / file.size;
}

function factsText({ facts, file }) {
  if (!facts) {
    return sizeText(file.size);
  }
  const { build, compression, samples, version } = facts;
  const people = samples === null ? null : `${samples.toLocaleString("en")} sample${samples === 1 ? "" : "s"}`;
  return [sizeText(file.size), version, people, build, COMPRESSION[compression]].filter(Boolean).join(" · ");
}

function rateText({ bytes, file, meter, state }) {
  if (state !== State.SENDING) {
    return "";
  }
  const { rate } = meter;
  const speed = rate ? [`${sizeText(Math.round(rate))}/s`, `${timeText((file.size - bytes) / rate)} left`] : [];
  return [`${sizeText(bytes)} of ${sizeText(file.size)}`, ...speed].join(" · ");
}
