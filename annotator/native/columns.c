/* Looking through the lines of a block: annotator/columns.py and annotator/fields.py say what these loops do, and do the
 * same in Python where no compiler is at hand.
 */

#include "put.h"

/* Whether any `key=` stands in the text, perhaps as the end of a longer key. */
int has_key(const u8 *text, i64 length, const u8 *key, i64 key_length) {
    const u8 *at = text, *end = text + length;
    while (at < end && (at = memchr(at, '=', (size_t)(end - at)))) {
        if (at - text >= key_length && !memcmp(at - key_length, key, (size_t)key_length))
            return 1;
        at++;
    }
    return 0;
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
