/* The innermost loops of writing: annotator/rendering.py, annotator/additions.py and annotator/run_names.py say what they
 * do, and do the same in Python where no compiler is at hand. All arrays belong to the caller, who has checked their
 * lengths; `out` is large enough for what is written. Nothing here allocates, fails, or reads beyond what it was given.
 */

#include "zones.h"

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

/* One column after the other; what they hold, `annotator.rendering.PAIR_COLUMNS` says. */
enum { TRANSCRIPT, TERMS, RANK, ZONE, ENTRY, NAME };
enum { NAMED_ENTRY = -2 };

/* One row an allele; columns as `annotator.rendering.ALLELE_COLUMNS` lists them. */
enum { FIRST_PAIR, LAST_PAIR, PICKED, LOW, HIGH, TEXT_BEGIN, TEXT_LENGTH, REF, ALT, WORST, IS_WHOLE,
       ALLELE_WIDTH };

/* The tables of texts, as `annotator.rendering.Tables` lists them. */
enum { HEADS, IDENTITIES, STANDINGS, PICKED_STANDINGS, NAMES, GIVEN_NAMES, ENTRIES, RANK_OWNS, TERM_OWNS, OWNS,
       TABLES };

enum { NAME_PICKED = 1, NAME_ALL };

/* Where in a transcript an allele lies, which a plain zone holds. */
typedef struct {
    const i32 *about;
    i64 number;
    int is_reverse;
    u8 sign, step;
} Place;

static u8 *put_change(u8 *out, const Place *place, const i64 *allele) {
    const u8 ref = (u8)allele[REF], alt = (u8)allele[ALT];
    if (place->sign)
        *out++ = place->sign;
    if (place->about[BEFORE])
        out = put_number(out, place->about[BEFORE]);
    if (place->step)
        *out++ = place->step;
    out = put_number(out, place->number);
    *out++ = place->is_reverse ? complement(ref) : ref;
    *out++ = '>';
    *out++ = place->is_reverse ? complement(alt) : alt;
    return out;
}

static u8 *put_span(u8 *out, i64 first, i64 last) {
    out = put_number(out, first);
    if (first == last)
        return out;
    *out++ = '-';
    return put_number(out, last);
}

static u8 *put_fraction(u8 *out, i64 number, i64 count) {
    if (!number)
        return out;
    out = put_number(out, number);
    *out++ = '/';
    return put_number(out, count);
}

/* The pairs of an allele, the most severe first; those alike stay in order. */
static void sort_pairs(i64 first, i64 count, const i64 *ranks, i64 *order) {
    for (i64 i = 0; i < count; i++) {
        const i64 pair = first + i;
        i64 place = i;
        while (place && ranks[order[place - 1]] > ranks[pair]) {
            order[place] = order[place - 1];
            place--;
        }
        order[place] = pair;
    }
}

/* Write the text of each allele into `out` and the name of each picked transcript's change into `names_out`; `order`
 * has room for the pairs of one allele. */
void render(i64 alleles, i64 pairs, const i64 *allele_rows, const i64 *pair_columns, int named, const u8 *lead,
            i64 lead_length, const u8 *nothing, i64 nothing_length, const u8 *nothing_own, i64 nothing_own_length,
            const u8 *allele_text, const u8 *const *table_texts, const i64 *const *table_offsets, const u64 *zone_keys,
            const i32 *zone_about, const u8 *signs, const u8 *steps, i64 regions, const i64 *strands,
            const i64 *exon_counts, i64 *order, u8 *out, i64 *out_offsets, u8 *names_out, i64 *names_offsets) {
    const i64 *transcripts = pair_columns + TRANSCRIPT * pairs, *terms = pair_columns + TERMS * pairs,
              *ranks = pair_columns + RANK * pairs, *zones = pair_columns + ZONE * pairs,
              *entries = pair_columns + ENTRY * pairs, *given = pair_columns + NAME * pairs;
    Texts tables[TABLES];
    for (int table = 0; table < TABLES; table++)
        tables[table] = (Texts){table_texts[table], table_offsets[table]};
    u8 *at = out, *name_at = names_out;
    for (i64 number = 0; number < alleles; number++) {
        const i64 *allele = allele_rows + number * ALLELE_WIDTH;
        const i64 count = allele[LAST_PAIR] - allele[FIRST_PAIR], picked = allele[PICKED];
        const u8 *text = allele_text + allele[TEXT_BEGIN];
        out_offsets[number] = at - out;
        names_offsets[number] = name_at - names_out;
        if (allele[IS_WHOLE])
            at = put(at, lead, lead_length);
        if (!count) {
            at = put(at, text, allele[TEXT_LENGTH]);
            at = put(at, nothing, nothing_length);
        }
        sort_pairs(allele[FIRST_PAIR], count, ranks, order);
        for (i64 i = 0; i < count; i++) {
            const i64 pair = order[i], transcript = transcripts[pair];
            const int is_picked = pair == picked, has_given = given[pair] >= 0;
            if (i)
                *at++ = ',';
            at = put(at, text, allele[TEXT_LENGTH]);
            at = put_text(at, tables[HEADS], terms[pair]);
            at = put_text(at, tables[IDENTITIES], transcript);
            if (entries[pair] >= 0) {
                at = put_text(at, tables[ENTRIES], entries[pair]);
                if (is_picked && has_given)
                    name_at = put_text(name_at, tables[GIVEN_NAMES], given[pair]);
            } else {
                const i32 *about = zone_about + zones[pair] * ABOUT_WIDTH;
                const int grows = about[SIGN] > 0;
                const i64 start = (i64)(u32)zone_keys[zones[pair]];
                const i64 low = allele[LOW] - start, high = allele[HIGH] - start, offset = grows ? low : high;
                const i64 region = (u32)about[REGION] < regions ? about[REGION] : 0;
                const i64 first = strands[transcript] > 0 ? about[CDNA] + low : about[CDNA] - high;
                const Place place = {
                    .about = about,
                    .number = about[NUMBER] + (grows ? offset : -offset),
                    .is_reverse = strands[transcript] < 0,
                    .sign = signs[region],
                    .step = steps[region],
                };
                at = put_fraction(at, about[EXON], exon_counts[transcript]);
                *at++ = '|';
                at = put_fraction(at, about[INTRON], exon_counts[transcript] - 1);
                *at++ = '|';
                const int needed = is_picked || entries[pair] == NAMED_ENTRY ? NAME_PICKED : NAME_ALL;
                if (!about[IS_FLANK] && named >= needed) {
                    const u8 *begin = at;
                    if (has_given) {
                        at = put_text(at, tables[GIVEN_NAMES], given[pair]);
                    } else {
                        at = put_text(at, tables[NAMES], transcript);
                        at = put_change(at, &place, allele);
                    }
                    if (is_picked)
                        name_at = put(name_at, begin, at - begin);
                }
                at = put(at, (const u8 *)"||", 2);
                if (about[CDNA])
                    at = put_span(at, first, first + high - low);
                at = put(at, (const u8 *)"|||||", 5);
                if (about[IS_FLANK])
                    at = put_number(at, place.number);
            }
            at = put_text(at, tables[is_picked ? PICKED_STANDINGS : STANDINGS], transcript);
        }
        if (!allele[IS_WHOLE])
            continue;
        at = put_text(at, tables[RANK_OWNS], allele[WORST]);
        if (picked >= 0) {
            at = put_text(at, tables[TERM_OWNS], terms[picked]);
            at = put_text(at, tables[OWNS], transcripts[picked]);
        } else {
            at = put(at, nothing_own, nothing_own_length);
        }
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

/* Write the names of bases that are replaced: what all begin with, the position, `A>C`. */
void name_single_bases(i64 count, const u8 *head, i64 head_length, const i64 *positions, const u8 *refs, const u8 *alts,
                       u8 *out, i64 *lengths) {
    for (i64 row = 0; row < count; row++) {
        const u8 *begin = out;
        out = put(out, head, head_length);
        out = put_number(out, positions[row]);
        *out++ = refs[row];
        *out++ = '>';
        *out++ = alts[row];
        lengths[row] = out - begin;
    }
}

/* Write pieces of a text one after the other. */
void gather(i64 pieces, const u8 *text, const i64 *begins, const i64 *lengths, u8 *out) {
    for (i64 piece = 0; piece < pieces; piece++)
        out = put(out, text + begins[piece], lengths[piece]);
}
