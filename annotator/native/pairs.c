/* Which alleles are near which transcripts: annotator/pairs.py says what these loops do, and does the same in numpy where
 * no compiler is at hand. Transcripts and alleles are numbers; positions are 1-based, ends included.
 */

#include "put.h"

static inline i64 lower(i64 one, i64 other) { return one < other ? one : other; }
static inline i64 higher(i64 one, i64 other) { return one > other ? one : other; }

static inline int touches(i64 first, i64 last, i64 start, i64 end) {
    return higher(first, last) >= start && lower(first, last) <= end;
}

/* Count the transcripts near each allele. `order` has the alleles by `first`; those that may be near transcript i are
 * order[begins[i]] to order[stops[i] - 1]. */
void count_pairs(i64 transcripts, const i64 *starts, const i64 *ends, const i64 *begins, const i64 *stops,
                 const i64 *order, const i64 *first, const i64 *last, i64 *counts) {
    for (i64 transcript = 0; transcript < transcripts; transcript++)
        for (i64 at = begins[transcript]; at < stops[transcript]; at++) {
            const i64 allele = order[at];
            counts[allele] += touches(first[allele], last[allele], starts[transcript], ends[transcript]);
        }
}

/* How many of the ascending keys, from `at` on, are not above a key: most often it is near. */
static i64 place_of(const u64 *keys, i64 count, i64 at, u64 key) {
    i64 step = 1;
    while (at + step <= count && keys[at + step - 1] <= key) {
        at += step;
        step *= 2;
    }
    i64 end = lower(at + step - 1, count);
    while (at < end) {
        const i64 middle = at + (end - at) / 2;
        if (keys[middle] <= key)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* Write the pairs, by allele, with the zone in which the allele begins and what is known from it. `next` tells where
 * the pairs of each allele begin, and afterwards where they end. */
void write_pairs(i64 transcripts, const i64 *starts, const i64 *ends, const i64 *begins, const i64 *stops,
                 const i64 *order, const i64 *first, const i64 *last, const u8 *structural,
                 i64 zone_count, const u64 *keys, const u8 *kinds, i64 *next,
                 i64 *pair_alleles, i64 *pair_transcripts, i64 *pair_zones, i64 *terms, u8 *is_plain) {
    for (i64 transcript = 0; transcript < transcripts; transcript++) {
        u64 before = 0;
        i64 place = 0;
        for (i64 at = begins[transcript]; at < stops[transcript]; at++) {
            const i64 allele = order[at];
            if (!touches(first[allele], last[allele], starts[transcript], ends[transcript]))
                continue;
            const u64 lead = (u64)transcript << 32, key = lead | (u64)first[allele], end = lead | (u64)last[allele];
            place = place_of(keys, zone_count, key < before ? 0 : place, key);
            before = key;
            const i64 zone = place - 1, pair = next[allele]++;
            pair_alleles[pair] = allele;
            pair_transcripts[pair] = transcript;
            pair_zones[pair] = higher(zone, 0);
            terms[pair] = zone < 0 ? 0 : kinds[zone];
            is_plain[pair] = terms[pair] && end >= keys[zone] &&
                             (place == zone_count || end < keys[place]) && !structural[allele];
        }
    }
}

/* Pick the pair of each allele whose key is the lowest, and tell the lowest of the ranks; -1 and 0 where there are no
 * pairs. The pairs of allele i are offsets[i] to offsets[i + 1] - 1. */
void pick_pairs(i64 alleles, const i64 *offsets, const i64 *transcripts, const i64 *ranks, const i64 *standing,
                int rank_shift, i64 *picked, i64 *worst) {
    for (i64 allele = 0; allele < alleles; allele++) {
        i64 best = 0;
        picked[allele] = -1;
        worst[allele] = 0;
        for (i64 pair = offsets[allele]; pair < offsets[allele + 1]; pair++) {
            const i64 key = standing[transcripts[pair]] | ranks[pair] << rank_shift;
            if (picked[allele] < 0 || key < best) {
                best = key;
                picked[allele] = pair;
            }
            worst[allele] = pair == offsets[allele] ? ranks[pair] : lower(worst[allele], ranks[pair]);
        }
    }
}
