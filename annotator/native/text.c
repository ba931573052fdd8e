/* The innermost loops of writing: annotator/rendering.py and annotator/additions.py say what they do, and do the same in
 * Python where no compiler is at hand. All arrays belong to the caller, who has checked their lengths; `out` is large
 * enough for what is written. Nothing here allocates, fails, or reads beyond what it was given.
 */

#include "put.h"

typedef struct {
    const u8 *text;
    const i64 *offsets; /* text i is [offsets[i], offsets[i + 1]) */
} Texts;

static u8 *put_text(u8 *out, Texts texts, i64 number) {
    const i64 begin = texts.offsets[number];
    return put(out, texts.text + begin, texts.offsets[number + 1] - begin);
}

static u8 complement(u8 base) {
    switch (base) {
    case 'A': return 'T';
    case 'C': return 'G';
    case 'G': return 'C';
    default: return 'A';
    }
}

/* The columns of pairs of an allele and a transcript, as `annotator.rendering.PAIR_COLUMNS` lists them. */
enum { HEAD, TRANSCRIPT, RANK, EXON, INTRON, EXON_COUNT, CDNA, IS_FLANK, NAME_SIGN, NAME_BEFORE, NAME_STEP, NUMBER,
       IS_REVERSE, IS_NAMED, ENTRY };

/* One row an allele; columns as `annotator.rendering.ALLELE_COLUMNS` lists them. */
enum { FIRST_PAIR, LAST_PAIR, PICKED, TEXT_BEGIN, TEXT_LENGTH, REF, ALT, NAME, OWN, IS_WHOLE,
       ALLELE_WIDTH };

static u8 *put_name(u8 *out, const i32 *const *pairs, i64 pair, const i64 *allele, Texts names, Texts given_names) {
    if (allele[NAME] >= 0 && allele[PICKED] == pair)
        return put_text(out, given_names, allele[NAME]);
    out = put_text(out, names, pairs[TRANSCRIPT][pair]);
    if (pairs[NAME_SIGN][pair])
        *out++ = (u8)pairs[NAME_SIGN][pair];
    if (pairs[NAME_BEFORE][pair])
        out = put_number(out, pairs[NAME_BEFORE][pair]);
    if (pairs[NAME_STEP][pair])
        *out++ = (u8)pairs[NAME_STEP][pair];
    out = put_number(out, pairs[NUMBER][pair]);
    u8 ref = (u8)allele[REF], alt = (u8)allele[ALT];
    *out++ = pairs[IS_REVERSE][pair] ? complement(ref) : ref;
    *out++ = '>';
    *out++ = pairs[IS_REVERSE][pair] ? complement(alt) : alt;
    return out;
}

static u8 *put_fraction(u8 *out, i64 number, i64 count) {
    if (!number)
        return out;
    out = put_number(out, number);
    *out++ = '/';
    return put_number(out, count);
}

/* Write the INFO text of each allele into `out` and the name of each picked transcript's change into `names_out`;
 * `order` has room for the pairs of one allele. */
void render(i64 alleles, const i64 *allele_rows, const i32 *const *pairs, const u8 *lead, i64 lead_length,
            const u8 *allele_text, const u8 *head_text, const i64 *head_offsets, const u8 *standing_text,
            const i64 *standing_offsets, const u8 *picked_text, const i64 *picked_offsets, const u8 *name_text,
            const i64 *name_offsets, const u8 *given_text, const i64 *given_offsets, const u8 *entry_text,
            const i64 *entry_offsets, const u8 *own_text, const i64 *own_offsets, const u8 *nothing,
            i64 nothing_length, i64 *order, u8 *out, i64 *out_offsets, u8 *names_out, i64 *names_offsets) {
    const Texts heads = {head_text, head_offsets}, standings = {standing_text, standing_offsets},
                picked_standings = {picked_text, picked_offsets}, names = {name_text, name_offsets},
                given = {given_text, given_offsets}, entries = {entry_text, entry_offsets},
                owns = {own_text, own_offsets};
    u8 *at = out, *name_at = names_out;
    for (i64 number = 0; number < alleles; number++) {
        const i64 *allele = allele_rows + number * ALLELE_WIDTH;
        const i64 count = allele[LAST_PAIR] - allele[FIRST_PAIR];
        const u8 *text = allele_text + allele[TEXT_BEGIN];
        out_offsets[number] = at - out;
        names_offsets[number] = name_at - names_out;
        if (allele[IS_WHOLE])
            at = put(at, lead, lead_length);
        if (!count) {
            at = put(at, text, allele[TEXT_LENGTH]);
            at = put(at, nothing, nothing_length);
        }
        for (i64 i = 0; i < count; i++) { /* the most severe first; those alike stay in order */
            i64 pair = allele[FIRST_PAIR] + i, place = i;
            const i32 rank = pairs[RANK][pair];
            while (place && pairs[RANK][order[place - 1]] > rank) {
                order[place] = order[place - 1];
                place--;
            }
            order[place] = pair;
        }
        for (i64 i = 0; i < count; i++) {
            const i64 pair = order[i];
            const int is_picked = pair == allele[PICKED];
            if (i)
                *at++ = ',';
            at = put(at, text, allele[TEXT_LENGTH]);
            if (pairs[ENTRY][pair] >= 0) {
                at = put_text(at, entries, pairs[ENTRY][pair]);
                if (is_picked && allele[NAME] >= 0)
                    name_at = put_text(name_at, given, allele[NAME]);
            } else {
                at = put_text(at, heads, pairs[HEAD][pair]);
                at = put_fraction(at, pairs[EXON][pair], pairs[EXON_COUNT][pair]);
                *at++ = '|';
                at = put_fraction(at, pairs[INTRON][pair], pairs[EXON_COUNT][pair] - 1);
                *at++ = '|';
                if (pairs[IS_NAMED][pair]) {
                    u8 *begin = at;
                    at = put_name(at, pairs, pair, allele, names, given);
                    if (is_picked)
                        name_at = put(name_at, begin, at - begin);
                }
                at = put(at, (const u8 *)"||", 2);
                if (pairs[CDNA][pair])
                    at = put_number(at, pairs[CDNA][pair]);
                at = put(at, (const u8 *)"|||||", 5);
                if (pairs[IS_FLANK][pair])
                    at = put_number(at, pairs[NUMBER][pair]);
            }
            at = put_text(at, is_picked ? picked_standings : standings, pairs[TRANSCRIPT][pair]);
        }
        at = put_text(at, owns, allele[OWN]);
    }
    out_offsets[alleles] = at - out;
    names_offsets[alleles] = name_at - names_out;
}

/* Write the text of a block with what is added to its records: an identifier in place of the dot at `id_places`, and at
 * `cuts`, separated by semicolons, the texts of all sources; the text goes on at `ends`. */
void assemble(i64 records, const u8 *text, i64 length, const i64 *id_places, const u8 *id_text, const i64 *id_begins,
              const i64 *id_lengths, const i64 *cuts, const i64 *ends, const u8 *is_empty, i64 sources,
              const u8 *const *source_texts, const i64 *const *begins, const i64 *const *lengths, u8 *out) {
    i64 done = 0;
    for (i64 record = 0; record < records; record++) {
        if (id_lengths[record]) {
            out = put(out, text + done, id_places[record] - done);
            out = put(out, id_text + id_begins[record], id_lengths[record]);
            done = id_places[record] + 1;
        }
        out = put(out, text + done, cuts[record] - done);
        done = ends[record];
        int is_first = is_empty[record];
        for (i64 source = 0; source < sources; source++) {
            if (!lengths[source][record])
                continue;
            if (!is_first)
                *out++ = ';';
            is_first = 0;
            out = put(out, source_texts[source] + begins[source][record], lengths[source][record]);
        }
    }
    put(out, text + done, length - done);
}

/* Write pieces of a text one after the other. */
void gather(i64 pieces, const u8 *text, const i64 *begins, const i64 *lengths, u8 *out) {
    for (i64 piece = 0; piece < pieces; piece++)
        out = put(out, text + begins[piece], lengths[piece]);
}
