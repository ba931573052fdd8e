// What was dropped: files, and the VCFs in folders.

import { Refusal } from "./refusal.js";

const VCF = /^[^.].*\.vcf(\.b?gz)?$/i; // the names with a dot in front are hidden files
const MOST_FILES = 1000;

/** Gives the files to upload. Throws a Refusal when a folder has no VCF, or too many. */
export async function droppedFiles({ items, files }) {
  // Both are empty once this function has waited for anything.
  const entries = [...items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const all = [...files];
  if (!entries.some((entry) => entry?.isDirectory)) {
    return all;
  }
  const found = [];
  for (const [index, entry] of entries.entries()) {
    if (entry?.isDirectory) {
      found.push(...(await filesIn(entry)));
    } else if (all[index]) {
      found.push(all[index]);
    }
  }
  return found;
}

async function filesIn(folder) {
  const found = [];
  await collect(folder, found);
  if (found.length === 0) {
    throw new Refusal(`There is no VCF in the folder ${folder.name}.`, {
      advice: "Drop a folder with files whose names end in .vcf, .vcf.gz or .vcf.bgz.",
    });
  }
  return found;
}

async function collect(folder, found) {
  const reader = folder.createReader();
  // It gives its entries in portions, the last of which is empty.
  for (let entries = await next(reader); entries.length > 0; entries = await next(reader)) {
    for (const entry of entries) {
      if (entry.isDirectory) {
        await collect(entry, found);
      } else if (VCF.test(entry.name)) {
        found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
      }
      if (found.length > MOST_FILES) {
        throw new Refusal(`There are more than ${MOST_FILES} VCFs in the folder.`, {
          advice: "Drop its folders one after the other.",
        });
      }
    }
  }
}

function next(reader) {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
