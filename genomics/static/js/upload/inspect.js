// A first look at the chosen file, before anything is sent. The server looks again at what has arrived.

import { Refusal } from "./refusal.js";
import { sizeText } from "./words.js";

const HEAD_BYTES = 256 * 1024;
const NAME = /\.vcf(\.b?gz)?$/i;
const CHOOSE = "Choose a file that holds variants as VCF: .vcf, .vcf.gz or .vcf.bgz.";

const EXPORT = "Choose the VCF that it was made from.";
const CALL = "Call variants first, for example with 'bcftools mpileup' and 'bcftools call', and choose the VCF.";
const UNPACK = "Unpack it and choose the VCF inside, plain or compressed with gzip or bgzip.";
const RECODE = "Save it as UTF-8 (an editor offers that as encoding), or export it again.";
const CHIP =
  "Convert it to VCF first, for example with 'bcftools convert --tsv2vcf', " +
  "and mind its genome build: it is mostly GRCh37.";
const INDEX = "Choose the VCF that the index belongs to.";

// What annotator/sniffing.py knows, in the same words.
const MAGIC = [
  ["%PDF", "a PDF document", CHOOSE],
  ["\x89PNG", "a PNG picture", CHOOSE],
  ["\xff\xd8\xff", "a JPEG picture", CHOOSE],
  ["GIF8", "a GIF picture", CHOOSE],
  ["BAM\x01", "a BAM file with aligned reads", CALL],
  ["CRAM", "a CRAM file with aligned reads", CALL],
  ["@HD\t", "a SAM file with aligned reads", CALL],
  ["BCF", "a BCF file (binary VCF)", "Convert it to VCF first, for example with 'bcftools view -Oz -o out.vcf.gz'."],
  ["TBI\x01", "an index (TBI)", INDEX],
  ["CSI\x01", "an index (CSI)", INDEX],
  ["\xd0\xcf\x11\xe0", "an old Microsoft Office document", EXPORT],
  ["\x1f\x8b", "a gzip file", "It was compressed twice: decompress it once and choose it again."],
  ["BZh", "a bzip2 archive", UNPACK],
  ["\xfd7zXZ", "an xz archive", UNPACK],
  ["7z\xbc\xaf", "a 7-Zip archive", UNPACK],
  ["\x28\xb5\x2f\xfd", "a Zstandard archive", UNPACK],
  ["Rar!", "a RAR archive", UNPACK],
  ["SQLite format 3", "an SQLite database", CHOOSE],
  ["\xff\xfe", "a text in UTF-16", RECODE],
  ["\xfe\xff", "a text in UTF-16", RECODE],
  ["#\0#\0", "a text in UTF-16", RECODE],
  ["\0#\0#", "a text in UTF-16", RECODE],
  ["##gff-version", "a GFF file", "It holds features, not variants: choose a VCF."],
];
const PATTERNS = [
  [/^PK\x03\x04[^]*word\//, "a Word document (DOCX)", EXPORT],
  [/^PK\x03\x04[^]*ppt\//, "a PowerPoint document (PPTX)", EXPORT],
  [/^PK\x03\x04[^]*(xl\/|\[Content_Types\]\.xml)/, "an Excel document (XLSX)", EXPORT],
  [/^PK\x03\x04[^]*application\/vnd\.oasis/, "an OpenDocument file", EXPORT],
  [/^PK\x03\x04/, "a ZIP archive", UNPACK],
  [
    /^\s*<(!doctype html|html|head|body)/i,
    "a web page (HTML)",
    "Download the file again: an error or sign-in page was saved in its place.",
  ],
  [/23andMe/, "raw data of 23andMe", CHIP],
  [/AncestryDNA/, "raw data of AncestryDNA", CHIP],
  [/^@[^\n]*\n[ACGTN\r]+\n\+/, "a FASTQ file with reads", "Align the reads, call variants and choose the VCF."],
  [/^>[^\n]*\n[ACGTNacgtn]{10}/, "a FASTA file", "It holds sequence, not variants: choose a VCF."],
  [/[\x00-\x08\x0e-\x1f]/, "a binary file", CHOOSE],
];
// Eight columns of a record; those of a BED file do not have bases in the fourth.
const RECORD = /^[^\t\n]+\t\d+\t[^\t\n]+\t[ACGTN]+\t[^\t\n]+\t[^\t\n]+\t[^\t\n]+\t/i;
const VERSION = /^VCFv4\.[0-9]{1,2}$/;
const CHROMOSOME_1 = { 248956422: "GRCh38", 249250621: "GRCh37" };

/**
 * Looks at the name, the size and the header, and gives what the header says:
 * { compression: "plain" | "gzip" | "bgzf", version, samples, build }; samples is null when the header goes on beyond
 * the first 256 kB, build is null when the header does not say. Throws a Refusal with what is wrong.
 */
export async function inspect(file, { maxBytes, plan }) {
  if (file.size === 0) {
    throw new Refusal(`${file.name} is empty.`, { advice: "Choose a VCF that contains at least a header." });
  }
  const head = await readHead(file);
  if (!head.text.startsWith("##fileformat=VCF")) {
    throw notAVcf(file, head);
  }
  if (!NAME.test(file.name)) {
    throw new Refusal(`${file.name} holds a VCF, but is not named like one.`, {
      advice: "Rename it so that it ends in .vcf, .vcf.gz or .vcf.bgz, then choose it again.",
    });
  }
  if (file.size > maxBytes) {
    throw tooLarge(file, { maxBytes, plan, compression: head.compression });
  }
  return { compression: head.compression, ...readHeader(head) };
}

async function readHead(file) {
  try {
    const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) {
      return { compression: "plain", bytes, text: decode(bytes), cut: file.size > bytes.length };
    }
    const blocked = isBgzf(bytes);
    const plain = blocked ? await inflateBlocks(bytes) : await inflate(bytes, "gzip");
    return {
      compression: blocked ? "bgzf" : "gzip",
      bytes: plain.slice(0, HEAD_BYTES),
      text: decode(plain.slice(0, HEAD_BYTES)),
      cut: file.size > bytes.length || plain.length >= HEAD_BYTES,
    };
  } catch (error) {
    if (error instanceof DOMException) {
      throw new Refusal(`${file.name} cannot be read.`, {
        advice: "It may have been moved, or belong to somebody else. Choose it again.",
      });
    }
    throw error;
  }
}

function isBgzf(bytes) {
  return bytes[2] === 8 && (bytes[3] & 4) !== 0 && bytes[12] === 66 && bytes[13] === 67;
}

/** Inflates whole BGZF blocks, each a gzip member of its own: the browser's gzip stream ends after the first. */
async function inflateBlocks(bytes) {
  const pieces = [];
  let length = 0;
  for (let start = 0; start + 18 < bytes.length && length < HEAD_BYTES; ) {
    const size = (bytes[start + 16] | (bytes[start + 17] << 8)) + 1;
    const block = await inflate(bytes.subarray(start + 18, Math.min(start + size - 8, bytes.length)), "deflate-raw");
    pieces.push(block);
    length += block.length;
    start += size;
  }
  return join(pieces);
}

/** Inflates as far as the bytes go; that they end in the middle is expected of a file's beginning. */
async function inflate(bytes, format) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const pieces = [];
  let length = 0;
  try {
    while (length < HEAD_BYTES) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      pieces.push(value);
      length += value.length;
    }
    await reader.cancel();
  } catch (error) {
    if (!(error instanceof TypeError)) {
      throw error;
    }
  }
  return join(pieces);
}

function join(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let start = 0;
  for (const piece of pieces) {
    whole.set(piece, start);
    start += piece.length;
  }
  return whole;
}

function decode(bytes) {
  return new TextDecoder().decode(bytes);
}

function notAVcf(file, { compression, bytes, text }) {
  if (compression !== "plain" && bytes.length === 0) {
    return new Refusal(`${file.name} is marked as gzip, but cannot be decompressed.`, {
      advice: "The file is damaged: compress or copy it again.",
    });
  }
  const inside = compression === "plain" ? "" : ", compressed with gzip";
  const found = describe(bytes);
  if (found) {
    return new Refusal(`${file.name} is ${found.name}${inside}, not a VCF.`, { advice: found.advice });
  }
  if (RECORD.test(text)) {
    return new Refusal(`${file.name} has no header: its first line is a record.`, {
      advice: "Put the header back: the lines with ##, first of all ##fileformat=VCFv4.x, and the #CHROM line.",
      line: 1,
    });
  }
  const first = text.slice(0, 60).split(/\r?\n/, 1)[0];
  return new Refusal(`${file.name} is not a VCF: its first line must be ##fileformat=VCFv4.x, but it is “${first}”.`, {
    advice: text.includes("#CHROM") ? "Put the header back that belongs to the records." : CHOOSE,
    line: 1,
  });
}

/** Says what these first bytes of a file belong to and what to do about it, or null for an unknown text. */
function describe(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 4096));
  const known = MAGIC.find(([magic]) => start.startsWith(magic)) ?? PATTERNS.find(([pattern]) => pattern.test(start));
  return known ? { name: known[1], advice: known[2] } : null;
}

function tooLarge(file, { maxBytes, plan, compression }) {
  const compress = compression === "plain" ? ", or compress it with bgzip" : "";
  const exact = sizeText(file.size) === sizeText(maxBytes);
  const [size, limit] = [file.size, maxBytes].map((bytes) => (exact ? `${bytes.toLocaleString("en")} bytes` : sizeText(bytes)));
  return new Refusal(
    `${file.name} has ${size}; the plan ${plan} takes up to ${limit}.`,
    { advice: `Split the file, for example by chromosome${compress}.` },
  );
}

function readHeader({ text, cut }) {
  if (!text.includes("\n") && text.includes("\r")) {
    throw new Refusal("The lines end with a carriage return only, as on old Macintosh systems.", {
      advice: "Save the file with Unix line ends (LF).",
    });
  }
  const lines = text.split("\n");
  const version = lines[0].slice("##fileformat=".length).trim();
  if (!VERSION.test(version)) {
    throw new Refusal(`The file says its format is “${version.slice(0, 60)}”; VCFv4.0 to VCFv4.5 are understood.`, {
      advice: "Export or convert the file as VCF 4.2.",
      line: 1,
    });
  }
  const end = lines.findIndex((line) => !line.startsWith("##"));
  const columns = end >= 0 && lines[end].startsWith("#CHROM\t") ? lines[end].trimEnd().split("\t") : null;
  if (end >= 0 && /^#CHROM +POS/.test(lines[end])) {
    throw new Refusal("The columns of the #CHROM line are separated by spaces instead of tabs.", {
      advice: "Copying the text or an editor may have done this. Choose the original, or put tabs back in every line.",
      line: end + 1,
    });
  }
  const goesOn = cut && (end < 0 || end === lines.length - 1);
  if (!columns && !goesOn) {
    throw new Refusal("The header has no #CHROM line.", {
      advice: "Put back the line that names the columns, between the header and the first record.",
      line: (end < 0 ? lines.length : end) + 1,
    });
  }
  return {
    version,
    samples: columns && !goesOn ? Math.max(0, columns.length - 9) : null,
    build: CHROMOSOME_1[text.match(/^##contig=<ID=(?:chr)?1,.*?length=(\d+)/m)?.[1]] ?? null,
  };
}
