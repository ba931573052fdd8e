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

/** Gives the moment as the server's pages write it, in the zone of the person: “23 Nov, 21:41”. */
export function momentText(moment, { timeZone }) {
  const form = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  const parts = new Intl.DateTimeFormat("en", form).formatToParts(new Date(moment));
  const { day, month, hour, minute } = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${day} ${month}, ${hour}:${minute}`;
}
