/* Looking through the lines of a block: annotator/columns.py and annotator/fields.py say what these loops do, and do the
 * same in Python where no compiler is at hand.
 */

#include "put.h"

/* Read whole numbers from 1 on, of at most `most` digits. 0: one of them is something else. */
int read_positions(i64 pieces, const u8 *text, const i64 *begins, const i64 *ends, i64 most, i64 *positions) {
    for (i64 piece = 0; piece < pieces; piece++) {
        i64 number = 0;
        if (ends[piece] - begins[piece] > most)
            return 0;
        for (i64 at = begins[piece]; at < ends[piece]; at++) {
            const u8 digit = (u8)(text[at] - '0');
            if (digit > 9)
                return 0;
            number = number * 10 + digit;
        }
        if (number < 1)
            return 0;
        positions[piece] = number;
    }
    return 1;
}

/* Mark the pieces, which a text goes on behind, where an entry between semicolons begins with two bytes that are marked
 * in `pairs`: the first one in the lower, the second one in the upper eight bits. */
void find_entries(i64 pieces, const u8 *text, const i64 *begins, const i64 *ends, const u8 *pairs, u8 *found) {
    for (i64 piece = 0; piece < pieces; piece++) {
        i64 at = begins[piece];
        const i64 end = ends[piece];
        found[piece] = 0;
        while (at < end) {
            if (pairs[text[at] | text[at + 1] << 8]) {
                found[piece] = 1;
                break;
            }
            const u8 *semicolon = memchr(text + at, ';', (size_t)(end - at));
            if (!semicolon)
                break;
            at = semicolon - text + 1;
        }
    }
}

/* Where a code first stands in each piece; the end of the piece where it does not. */
void find_first(i64 pieces, const u8 *text, const i64 *begins, const i64 *ends, u8 code, i64 *found) {
    for (i64 piece = 0; piece < pieces; piece++) {
        const i64 length = ends[piece] - begins[piece];
        const u8 *place = length > 0 ? memchr(text + begins[piece], code, (size_t)length) : NULL;
        found[piece] = place ? place - text : ends[piece];
    }
}
