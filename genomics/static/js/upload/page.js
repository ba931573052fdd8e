// The upload page: choose or drop files, see each checked, sent and submitted, one after the other.

import { droppedFiles } from "./drop.js";
import { Queue } from "./queue.js";
import { Refusal } from "./refusal.js";
import { Row, stageText } from "./row.js";
import { Server } from "./server.js";
import { Unfinished } from "./unfinished.js";
import { State, Upload } from "./upload.js";
import { sizeText, timeText } from "./words.js";

const root = document.getElementById("upload");
const part = Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
const server = new Server({
  beginUrl: root.dataset.beginUrl,
  csrfToken: document.querySelector("meta[name=csrf-token]").content,
});
const queue = new Queue();
const rows = new Map(); // upload -> its row
const singles = new Set(); // uploads of files that were chosen alone
const unfinished = new Unfinished(part.unfinished, {
  after: part.file,
  server,
  onChosen: (file, draft) => add([file], { draft }),
});
let said = ""; // the latest announcement

listen();
// Whoever was quicker than these scripts has chosen already, and no event comes of it any more.
showLab();
take();
unfinished.take();

function listen() {
  part.file.addEventListener("change", take);
  part.lab.addEventListener("change", showLab);
  part["cancel-all"].addEventListener("click", () => queue.cancelAll());
  addEventListener("beforeunload", (event) => {
    if (queue.isBusy) {
      event.preventDefault();
    }
  });
  // A file dropped beside the zone would otherwise replace the page.
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => event.preventDefault());
  part.drop.addEventListener("dragover", () => part.drop.classList.add("is-over"));
  part.drop.addEventListener("dragleave", (event) => {
    part.drop.classList.toggle("is-over", part.drop.contains(event.relatedTarget));
  });
  part.drop.addEventListener("drop", async (event) => {
    part.drop.classList.remove("is-over");
    try {
      add(await droppedFiles(event.dataTransfer));
    } catch (error) {
      refuse(error);
    }
  });
  // The browser may bring the page back as it was left; what it lists is old then.
  addEventListener("pageshow", (event) => {
    if (event.persisted && !queue.isBusy) {
      location.reload();
    }
  });
}

/** Takes the files that the input holds. */
function take() {
  const files = [...part.file.files];
  part.file.value = ""; // so that the same files can be chosen again
  if (files.length > 0) {
    add(files);
  }
}

function add(files, { draft = null } = {}) {
  part.error.hidden = true;
  const uploads = files.map(
    (file) =>
      new Upload(file, {
        lab: labOf(draft?.lab ?? part.lab.value),
        draft,
        drafts: unfinished.drafts,
        partBytes: Number(root.dataset.partBytes),
        server,
        onChange,
      }),
  );
  for (const upload of uploads) {
    const row = new Row(upload, {
      template: part.row,
      timeZone: root.dataset.timeZone,
      onAgain: () => {
        upload.uploadAgain();
        queue.proceed();
      },
    });
    rows.set(upload, row);
    part.rows.append(row.node);
  }
  if (uploads.length === 1) {
    singles.add(uploads[0]);
  }
  queue.add(uploads);
}

function onChange(upload) {
  rows.get(upload).show();
  showUnfinished(upload);
  showAll();
  announce(upload);
  if (upload.state === State.DONE && singles.has(upload) && isNothingElse(upload)) {
    location.assign(upload.url);
  }
}

/** Whether no other file on the page is under way, or has become a job whose link would be lost. */
function isNothingElse(upload) {
  return queue.uploads.every((other) => other === upload || [State.FAILED, State.CANCELLED].includes(other.state));
}

/** An upload that has gone on leaves the list of unfinished ones; one that could not comes back. */
function showUnfinished({ draft, state, transfer }) {
  const job = transfer?.upload.job ?? draft?.job;
  if (job && !transfer && [State.FAILED, State.CANCELLED].includes(state)) {
    unfinished.offer(job);
  } else if (job) {
    unfinished.hide(job);
  }
}

/** Sums up what happens when there is more than one file. */
function showAll() {
  const { current, isBusy, uploads } = queue;
  const done = uploads.filter(({ state }) => state === State.DONE);
  part.all.hidden = uploads.length < 2;
  part["cancel-all"].hidden = !isBusy;
  part["all-jobs"].hidden = isBusy || done.length === 0;
  if (!isBusy) {
    part["all-text"].textContent = endText(uploads);
    return;
  }
  const wanted = uploads.filter((upload) => upload.isBusy || upload.state === State.DONE);
  const total = sum(wanted.map(({ file }) => file.size));
  const sent = sum(wanted.map(({ bytes }) => bytes));
  const rate = current?.meter.rate;
  part["all-text"].textContent = [
    `${done.length} of ${uploads.length} files`,
    `${sizeText(sent)} of ${sizeText(total)}`,
    ...(rate ? [`${timeText((total - sent) / rate)} left`] : []),
  ].join(" · ");
}

/** Says what has become of the files: how many are jobs now, and why the others are not. */
function endText(uploads) {
  const number = (wanted) => uploads.filter(({ state }) => state === wanted).length;
  const [refused, undecided, cancelled] = [State.FAILED, State.KNOWN, State.CANCELLED].map(number);
  const others = [
    ...(refused ? [`${refused} refused`] : []),
    ...(undecided ? [`${undecided} ${undecided === 1 ? "waits" : "wait"} for your decision`] : []),
    ...(cancelled ? [`${cancelled} cancelled`] : []),
  ];
  const submitted = `${number(State.DONE)} of ${uploads.length} files are submitted.`;
  return others.length > 0 ? `${submitted} ${others.join(", ")}.` : submitted;
}

/** Tells people who do not see the page what has changed; each step once, and each quarter of the way. */
function announce(upload) {
  const { bytes, file, patience, state, transfer } = upload;
  const quarter = Math.floor((bytes / file.size) * 4);
  const isUnderWay = state === State.SENDING && !patience.paused && !transfer.isFinishing;
  const far = isUnderWay && quarter > 0 && quarter < 4 ? `, ${quarter * 25} %` : "";
  const text = `${file.name}: ${stageText(upload)}${far}`;
  if (text !== said) {
    said = text;
    part.announcement.textContent = text;
  }
}

function refuse(error) {
  const refusal = error instanceof Refusal ? error : new Refusal("What was dropped cannot be read.");
  part["error-message"].textContent = refusal.message;
  part["error-advice"].textContent = refusal.advice;
  part.error.hidden = false;
}

function labOf(id) {
  const { maxBytes, name, plan } = part.lab.querySelector(`[value="${id}"]`).dataset;
  return { id, maxBytes: Number(maxBytes), name, plan };
}

function showLab() {
  const { maxBytes, name, plan } = labOf(part.lab.value);
  part["lab-size"].textContent = sizeText(maxBytes);
  part["lab-plan"].textContent = plan;
  part["lab-name"].textContent = name;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
