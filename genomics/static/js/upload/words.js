// Sizes, shares and times in people's words; sizes are decimal, as the server's pages write them.

const UNITS = ["kB", "MB", "GB", "TB"];

export function sizeText(bytes) {
  if (bytes < 1000) {
    return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  }
  let amount = bytes;
  let unit = "";
  for (unit of UNITS) {
    amount /= 1000;
    if (amount < 999.5) {
      break;
    }
  }
  return `${amount.toFixed(amount >= 100 || Number.isInteger(amount) ? 0 : 1)} ${unit}`;
}

export function timeText(seconds) {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Never says that all is there before it is. */
export function percentText(share) {
  return `${Math.floor(share * 100)} %`;
}

export function momentText(moment) {
  return new Date(moment).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
}
