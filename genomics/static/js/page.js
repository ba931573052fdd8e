// What every page needs: the browser's time zone for the server, and questions before an action that costs something.

rememberTimeZone();
document.addEventListener("submit", askFirst);

function rememberTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}

/** Holds back a form that names a dialog in data-confirm until the dialog's confirming button was pressed. */
function askFirst(event) {
  const form = event.target;
  const dialog = document.getElementById(form.dataset.confirm ?? "");
  if (!dialog || form.dataset.confirmed) {
    return;
  }
  event.preventDefault();
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue === "confirm") {
        form.dataset.confirmed = "yes";
        form.requestSubmit();
      }
    },
    { once: true },
  );
  dialog.showModal();
}
