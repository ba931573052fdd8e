// Keeps a page up to date: one small question every two seconds, and only while a job is active and the tab is seen.
// A new version is announced as the event "jobs-changed" on the body; htmx elements then fetch their fragment.

const PERIOD_MS = 2000;
const LONGEST_PAUSE_MS = 60000;
const LOST_AFTER = 2; // polls without an answer: a single one may be lost on any network

const live = document.getElementById("live");
const lost = document.querySelector("#connection > *");
let version = live.dataset.liveVersion;
let active = "liveActive" in live.dataset;
let failures = 0;
let timer = 0;
let leaving = false; // a form takes this page away: what it does to the job is no news

document.addEventListener("submit", leave);
window.addEventListener("pageshow", stay);
document.addEventListener("visibilitychange", () => schedule(0));
document.body.addEventListener("htmx:beforeSwap", leaveWhenSignedOut);
document.body.addEventListener("htmx:responseError", leaveWhenGone);
document.body.addEventListener("htmx:afterSettle", announce);
schedule();

function schedule(pause = Math.min(PERIOD_MS * 2 ** failures, LONGEST_PAUSE_MS)) {
  clearTimeout(timer);
  if (active && !document.hidden && !leaving) {
    timer = setTimeout(poll, pause);
  }
}

async function poll() {
  const question = new URLSearchParams({ t: live.dataset.liveToken, v: version });
  try {
    const answer = await fetch(`${live.dataset.liveUrl}?${question}`);
    if (leaving) {
      return;
    }
    if (answer.status === 403) {
      // The token has aged out: a reload brings a new one, or the sign-in page.
      active = false;
      return;
    }
    if (answer.status === 200) {
      ({ version, active } = await answer.json());
      document.body.dispatchEvent(new CustomEvent("jobs-changed"));
    } else if (answer.status !== 204) {
      throw new Error(`HTTP ${answer.status}`);
    }
    failures = 0;
  } catch {
    failures += 1;
  }
  lost.hidden = failures < LOST_AFTER;
  schedule();
}

/** Stops asking once a form is sent: a reload would overtake the page that the form leads to. */
function leave(event) {
  leaving = event.target.method === "post" && !event.defaultPrevented;
}

/** Asks on when the browser shows this page again as it was left. */
function stay(event) {
  if (event.persisted) {
    leaving = false;
    schedule(0);
  }
}

/** Reloads the page when a fragment was answered with the sign-in page, instead of showing that inside this one. */
function leaveWhenSignedOut(event) {
  const { xhr, pathInfo } = event.detail;
  if (new URL(xhr.responseURL).pathname !== new URL(pathInfo.finalRequestPath, location.href).pathname) {
    event.detail.shouldSwap = false;
    location.reload();
  }
}

/** Reloads the page of a job that was deleted, or of a lab that was left: the server says what there is instead. */
function leaveWhenGone(event) {
  if (event.detail.xhr.status === 404 && !leaving) {
    location.reload();
  }
}

/** Tells screen readers about a status that changed, but not about every step of a progress bar. */
function announce() {
  const region = document.getElementById("announcement");
  const news = document.querySelector("[data-announce]")?.dataset.announce ?? "";
  if (region.textContent !== news) {
    region.textContent = news;
  }
}
