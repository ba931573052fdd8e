// SHA-256 of a file's parts, as storage checks them. The browser hashes beside the page's own thread, and only few parts
// are in memory at a time, however large the file is.

import { Refusal } from "./refusal.js";

const PARALLEL = 2;

/** Gives the SHA-256 of each part in base64, first to last; `onProgress` hears the bytes read so far. */
export async function digestParts(file, { partBytes, signal, onProgress }) {
  const digests = new Array(Math.ceil(file.size / partBytes));
  let next = 0;
  let read = 0;
  const digestNext = async () => {
    for (let index = next++; index < digests.length; index = next++) {
      signal.throwIfAborted();
      const part = file.slice(index * partBytes, (index + 1) * partBytes);
      digests[index] = await digest(part, { name: file.name });
      read += part.size;
      onProgress(read);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, digestNext));
  return digests;
}

/** Gives the SHA-256 of a blob in base64. Throws a Refusal when its file cannot be read, or was changed or moved. */
export async function digest(blob, { name }) {
  let bytes;
  try {
    bytes = await blob.arrayBuffer();
  } catch {
    throw changed(name);
  }
  return toBase64(await crypto.subtle.digest("SHA-256", bytes));
}

/** Gives the checksum of the whole file as storage makes it: of the parts' digests, with their number. */
export async function composite(digests) {
  const raw = Uint8Array.from(digests.map((text) => atob(text)).join(""), (sign) => sign.charCodeAt(0));
  return `${toBase64(await crypto.subtle.digest("SHA-256", raw))}-${digests.length}`;
}

export function changed(name) {
  return new Refusal(`${name} was changed or moved since it was chosen.`, { advice: "Choose the file again." });
}

function toBase64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}
