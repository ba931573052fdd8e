/* The bases of one contig: a FASTA file in memory, as annotator/sequence.py describes it. Positions are 0-based here. */

#include "put.h"

typedef struct {
    const u8 *file;
    i64 offset, line_bases, line_bytes, length;
} Contig;

static inline u8 upper(u8 base) {
    return base >= 'a' && base <= 'z' ? (u8)(base - 'a' + 'A') : base;
}

static inline u8 base_at(const Contig *contig, i64 position) {
    const i64 line = position / contig->line_bases, column = position % contig->line_bases;
    return upper(contig->file[contig->offset + line * contig->line_bytes + column]);
}

/* How many bases to the left a word can move that stands, or would stand, at `place`; at most `limit`. */
static inline i64 slide_left(const Contig *contig, i64 place, const u8 *word, i64 length, i64 limit) {
    i64 steps = 0;
    while (steps < limit && place - steps > 0 &&
           base_at(contig, place - steps - 1) == upper(word[length - 1 - steps % length]))
        steps++;
    return steps;
}

/* How many bases to the right a word can move, where `behind` is the first base behind it; at most `limit`. */
static inline i64 slide_right(const Contig *contig, i64 behind, const u8 *word, i64 length, i64 limit) {
    i64 steps = 0;
    while (steps < limit && behind + steps < contig->length &&
           base_at(contig, behind + steps) == upper(word[steps % length]))
        steps++;
    return steps;
}
