// The upload page: choose or drop a file, see it checked, sent and submitted.

import { inspect } from "./inspect.js";
import { Refusal } from "./refusal.js";
import { Server } from "./server.js";
import { Cancelled, Transfer } from "./transfer.js";
import { sizeText, timeText } from "./words.js";

const COMPRESSION = { plain: "not compressed", gzip: "gzip", bgzf: "bgzip" };
const RATE_WINDOW_MS = 5000;

const root = document.getElementById("upload");
const part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
const server = new Server({
  beginUrl: root.dataset.beginUrl,
  csrfToken: document.querySelector("meta[name=csrf-token]").content,
});
const limits = { maxBytes: Number(root.dataset.maxBytes), plan: root.dataset.plan };

let transfer = null; // the upload under way
let busy = false; // from the choice of a file until it is submitted or refused

listen();

function listen() {
  part.file.addEventListener("change", () => {
    const [file] = part.file.files;
    part.file.value = ""; // so that the same file can be chosen again
    upload(file);
  });
  part.cancel.addEventListener("click", () => {
    part["cancelled-name"].textContent = part.name.textContent;
    part.cancelled.hidden = false;
    say("The upload is cancelled");
    cancel();
  });
  addEventListener("beforeunload", (event) => {
    if (busy) {
      event.preventDefault();
    }
  });
  // A file dropped beside the zone would otherwise replace the page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
  part.drop.addEventListener("dragover", (event) => {
    part.drop.classList.toggle("is-over", !isLocked());
    if (isLocked()) {
      event.dataTransfer.dropEffect = "none";
    }
  });
  part.drop.addEventListener("dragleave", (event) => {
    part.drop.classList.toggle("is-over", part.drop.contains(event.relatedTarget));
  });
  part.drop.addEventListener("drop", (event) => {
    part.drop.classList.remove("is-over");
    if (!isLocked()) {
      drop(event.dataTransfer);
    }
  });
  // The browser may bring the page back as it was left: with the way to the job under way.
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      part.progress.hidden = true;
      unlock();
    }
  });
}

function isLocked() {
  return part.file.disabled;
}

/** Lets the next file be chosen; the keyboard goes on where the disabled button has lost it. */
function unlock() {
  part.file.disabled = false;
  if (document.activeElement === document.body) {
    part.file.focus();
  }
}

function drop({ items, files }) {
  if (files.length > 1) {
    refuse(new Refusal("Upload one file at a time.", { advice: "Each VCF becomes a job of its own." }));
  } else if (items[0]?.webkitGetAsEntry()?.isDirectory) {
    refuse(new Refusal("This is a folder.", { advice: "Open it, and drop the VCF that is in it." }));
  } else {
    upload(files[0]);
  }
}

async function upload(file) {
  if (!file) {
    return;
  }
  busy = true;
  part.file.disabled = true;
  try {
    show(file);
    const facts = await inspect(file, limits);
    part.facts.textContent = factsText(file, facts);
    location.assign((await send(file)).url);
  } catch (error) {
    if (!(error instanceof Cancelled)) {
      refuse(error);
      await cancel();
    }
    unlock();
  } finally {
    busy = false;
    transfer = null;
  }
}

async function send(file) {
  say("Preparing the upload");
  const begun = await server.begin({ name: file.name, sizeBytes: file.size });
  const meter = new Meter(file.size);
  transfer = new Transfer({ file, upload: begun, server, onProgress: (bytes) => meter.show(bytes) });
  part.cancel.hidden = false;
  say("Uploading");
  await transfer.send();
  part.cancel.hidden = true;
  say("Checking what has arrived");
  const submitted = await transfer.finish();
  say("Submitted. Opening the job");
  busy = false; // nothing is lost by leaving now
  return submitted;
}

/** Takes the upload back; when not even that reaches the server, the server drops it after a while. */
async function cancel() {
  part.progress.hidden = true;
  await transfer?.cancel().catch(() => {});
}

function show(file) {
  part.error.hidden = true;
  part.cancelled.hidden = true;
  part.progress.hidden = false;
  part.cancel.hidden = true;
  part.name.textContent = file.name;
  part.facts.textContent = sizeText(file.size);
  part.bar.value = 0;
  part.rate.textContent = "";
  say("Checking the file");
}

function say(text) {
  part.stage.textContent = text;
  part.announcement.textContent = text;
}

function refuse(error) {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal("The server does not take uploads right now.", {
          advice: "Check the network, wait a moment, then choose the file again.",
        });
  part["error-message"].textContent = refusal.message;
  part["error-place"].textContent = refusal.place && `Where: ${refusal.place}`;
  part["error-place"].hidden = !refusal.place;
  part["error-advice"].textContent = refusal.advice;
  part.error.hidden = false;
  part.cancelled.hidden = true;
  part.announcement.textContent = "";
}

function factsText(file, { compression, version, samples, build }) {
  const people = samples === null ? null : `${samples.toLocaleString("en")} sample${samples === 1 ? "" : "s"}`;
  return [sizeText(file.size), version, people, build, COMPRESSION[compression]].filter(Boolean).join(" · ");
}

/** Shows how far an upload is, how fast over the last seconds, and how long it still takes. */
class Meter {
  #marks = [];
  #quarter = 0;

  constructor(total) {
    this.total = total;
  }

  show(bytes) {
    const now = performance.now();
    this.#marks = [...this.#marks.filter((mark) => now - mark.at < RATE_WINDOW_MS), { at: now, bytes }];
    part.bar.value = bytes / this.total;
    part.rate.textContent = [`${sizeText(bytes)} of ${sizeText(this.total)}`, ...this.#speed(bytes)].join(" · ");
    const quarter = Math.floor((bytes / this.total) * 4);
    if (quarter > this.#quarter && quarter < 4) {
      part.announcement.textContent = `${quarter * 25} % uploaded`;
    }
    this.#quarter = quarter;
  }

  #speed(bytes) {
    const [first] = this.#marks;
    const seconds = (performance.now() - first.at) / 1000;
    const perSecond = (bytes - first.bytes) / seconds;
    return seconds > 0.5 && perSecond > 0
      ? [`${sizeText(Math.round(perSecond))}/s`, `${timeText((this.total - bytes) / perSecond)} left`]
      : [];
  }
}
