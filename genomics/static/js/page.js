// What every page needs: the browser's time zone for the server, and questions before an action that costs something.

rememberTimeZone();
document.addEventListener("submit", askFirst);

function rememberTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `tz=${zone}; path=/; max-age=31536000; samesite=lax${secure}`;
}

/**
 * Holds back a form that names a dialog in data-confirm until the dialog's confirming button was pressed.
 * A live update may have replaced the form meanwhile, or removed it when there is nothing left to do.
 */
function askFirst(event) {
  const { confirm, confirmed } = event.target.dataset;
  const dialog = document.getElementById(confirm ?? "");
  if (!dialog || confirmed) {
    return;
  }
  event.preventDefault();
  dialog.returnValue = "";
  dialog.addEventListener(
    "close",
    () => {
      const form = document.querySelector(`form[data-confirm="${confirm}"]`);
      if (form && dialog.returnValue === "confirm") {
        form.dataset.confirmed = "yes";
        form.requestSubmit();
      }
    },
    { once: true },
  );
  dialog.showModal();
}
