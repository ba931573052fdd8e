/* Insertions and deletions, moved along the sequence: annotator/normal_form.py and annotator/intron_names.py do the same
 * in Python. `words` are what is inserted or deleted, pieces of `text`; `places` are 0-based: of the first base that is
 * deleted, or of the base behind what is inserted. */

#include "sequence.h"
#include "zones.h"

static u32 crc32_of(const u8 *text, i64 length) {
    static const u32 table[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4,
                                  0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
                                  0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
    u32 crc = 0xFFFFFFFF;
    for (i64 i = 0; i < length; i++) {
        crc = table[(crc ^ text[i]) & 15] ^ crc >> 4;
        crc = table[(crc ^ (u32)(text[i] >> 4)) & 15] ^ crc >> 4;
    }
    return ~crc;
}

/* Write a word that has moved `steps` to the left, turned as much as that. */
static u8 *put_turned(u8 *out, const u8 *word, i64 length, i64 steps) {
    const i64 turn = steps % length;
    for (i64 i = 0; i < length; i++)
        *out++ = upper(word[(i + length - turn) % length]);
    return out;
}

/* Write REF, `separator` and ALT of each change in its normal form, and give its 1-based position and the checksum of
 * `REF>ALT`. */
void normal_forms(i64 changes, const u8 *text, const i64 *words, const i64 *lengths, const i64 *places,
                  const u8 *are_deletions, const u8 *file, i64 offset, i64 line_bases, i64 line_bytes,
                  i64 contig_length, i64 limit, u8 separator, u8 *out, i64 *out_offsets, i64 *positions, u32 *checksums) {
    const Contig contig = {file, offset, line_bases, line_bytes, contig_length};
    u8 *at = out;
    for (i64 change = 0; change < changes; change++) {
        const u8 *word = text + words[change];
        const i64 length = lengths[change];
        const i64 steps = slide_left(&contig, places[change], word, length, limit);
        const i64 place = places[change] - steps;
        const int is_deletion = are_deletions[change];
        u8 *begin = at, *between;
        out_offsets[change] = at - out;
        if (place) { /* the base before stands first in both */
            const u8 base = base_at(&contig, place - 1);
            *at++ = base;
            if (is_deletion)
                at = put_turned(at, word, length, steps);
            between = at++;
            *at++ = base;
            if (!is_deletion)
                at = put_turned(at, word, length, steps);
        } else { /* there is none: the base behind stands last in both */
            const u8 base = base_at(&contig, is_deletion ? length : 0);
            if (is_deletion)
                at = put_turned(at, word, length, steps);
            *at++ = base;
            between = at++;
            if (!is_deletion)
                at = put_turned(at, word, length, steps);
            *at++ = base;
        }
        *between = '>';
        checksums[change] = crc32_of(begin, at - begin);
        *between = separator;
        positions[change] = place ? place : 1;
    }
    out_offsets[changes] = at - out;
}

/* For each key, the first row from `rows` on that has it and really this allele; -1: there is none. */
void prove_alleles(i64 keys, const u64 *wanted, const i64 *rows, const u8 *text, const i64 *begins, const i64 *ends,
                   const u64 *stored, i64 stored_count, const u32 *long_rows, i64 long_count, const u8 *alleles,
                   const u64 *allele_offsets, i64 *found) {
    for (i64 key = 0; key < keys; key++) {
        i64 low = 0, high = long_count; /* where the first row stands among those with an allele text */
        while (low < high) {
            const i64 middle = (low + high) / 2;
            if (long_rows[middle] < rows[key])
                low = middle + 1;
            else
                high = middle;
        }
        found[key] = -1;
        for (i64 row = rows[key]; row < stored_count && stored[row] == wanted[key]; row++, low++) {
            const i64 length = (i64)(allele_offsets[low + 1] - allele_offsets[low]);
            if (length == ends[key] - begins[key] &&
                !memcmp(alleles + allele_offsets[low], text + begins[key], (size_t)length)) {
                found[key] = row;
                break;
            }
        }
    }
}

/* A plain zone, and what HGVS numbers need beside. */
typedef struct {
    i64 first, last; /* bases of the zone, 1-based */
    const i32 *about;
    u8 name_sign, name_step;
} Zone;

static u8 *put_coordinate(u8 *out, const Zone *zone, i64 position) {
    if (zone->name_sign)
        *out++ = zone->name_sign;
    if (zone->about[BEFORE])
        out = put_number(out, zone->about[BEFORE]);
    if (zone->name_step)
        *out++ = zone->name_step;
    return put_number(out, zone->about[NUMBER] + zone->about[SIGN] * (position - zone->first));
}

static u8 *put_range(u8 *out, const Zone *zone, i64 first, i64 last, int is_forward) {
    out = put_coordinate(out, zone, is_forward ? first : last);
    if (first != last) {
        *out++ = '_';
        out = put_coordinate(out, zone, is_forward ? last : first);
    }
    return out;
}

static u8 complement(u8 base) {
    switch (base) {
    case 'A': return 'T';
    case 'C': return 'G';
    case 'G': return 'C';
    case 'T': return 'A';
    default: return base;
    }
}

/* Name insertions and deletions, which may slide by at most `limits`, in plain zones: behind the prefix of
 * the transcript, `76+5del`, `76+5_76+6insGA` or `76+5dup`. Where one would leave its zone, nothing is written. */
void intron_names(i64 changes, const u8 *text, const i64 *words, const i64 *lengths, const i64 *places,
                  const u8 *are_deletions, const i64 *limits, const i32 *abouts, const i64 *firsts, const i64 *lasts,
                  const u8 *signs, const u8 *steps_of, const u8 *are_forward, const u8 *prefixes,
                  const i64 *prefix_offsets, const i64 *prefix_of, const u8 *file, i64 offset, i64 line_bases,
                  i64 line_bytes, i64 contig_length, u8 *out, i64 *out_offsets) {
    const Contig contig = {file, offset, line_bases, line_bytes, contig_length};
    u8 *at = out;
    for (i64 change = 0; change < changes; change++) {
        const u8 *word = text + words[change];
        const i64 length = lengths[change], place = places[change];
        const int is_forward = are_forward[change], is_deletion = are_deletions[change];
        const i64 behind = place + (is_deletion ? length : 0);
        const i64 steps = is_forward ? slide_right(&contig, behind, word, length, limits[change])
                                     : slide_left(&contig, place, word, length, limits[change]);
        const i64 position = place + 1 + (is_forward ? steps : -steps); /* 1-based from here on */
        const i64 end = is_deletion ? position + length - 1 : position - 1, around = is_deletion ? 0 : length;
        const Zone zone = {firsts[change], lasts[change], abouts + change * ABOUT_WIDTH, signs[change], steps_of[change]};
        out_offsets[change] = at - out;
        if ((end < position ? end : position) - around < zone.first ||
            (end > position ? end : position) + around > zone.last)
            continue;
        const i64 prefix = prefix_of[change];
        at = put(at, prefixes + prefix_offsets[prefix], prefix_offsets[prefix + 1] - prefix_offsets[prefix]);
        if (is_deletion) {
            at = put_range(at, &zone, position, end, is_forward);
            at = put(at, (const u8 *)"del", 3);
            continue;
        }
        const i64 turn = is_forward ? steps % length : (length - steps % length) % length;
        const i64 first = is_forward ? position - length : position;
        i64 same = 0;
        while (same < length && base_at(&contig, first - 1 + same) == upper(word[(same + turn) % length]))
            same++;
        if (same == length) {
            at = put_range(at, &zone, first, first + length - 1, is_forward);
            at = put(at, (const u8 *)"dup", 3);
            continue;
        }
        at = put_range(at, &zone, end, position, is_forward);
        at = put(at, (const u8 *)"ins", 3);
        for (i64 i = 0; i < length; i++)
            *at++ = is_forward ? upper(word[(i + turn) % length])
                               : complement(upper(word[(length - 1 - i + turn) % length]));
    }
    out_offsets[changes] = at - out;
}
