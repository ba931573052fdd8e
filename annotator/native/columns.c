/* Looking through the lines of a block: annotator/columns.py and annotator/fields.py say what these loops do, and do the
 * same in Python where no compiler is at hand.
 */

#include "put.h"

/* The bytes of the next eight that may be an equals sign or a control character up to a carriage return: the highest bit
 * of each is set, the first byte is the lowest. What follows one of them, or the text, may be marked wrongly. */
static inline u64 marks_of(const u8 *text, i64 size) {
    const u64 ones = 0x0101010101010101u;
    u64 word = 0, equals;
    if (size >= 8)
        memcpy(&word, text, 8);
    else
        memcpy(&word, text, (size_t)size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    equals = word ^ ones * '=';
    return (((word - ones * ('\r' + 1)) & ~word) | ((equals - ones) & ~equals)) & ones << 7;
}

/* Find where lines start and end, the tabs of each, column by column, and which two bytes stand before an equals sign:
 * those are marked in `before_equals`, the first one in the lower, the second one in the upper eight bits of a number.
 * 0: a line has another number of tabs, or a carriage return stands elsewhere than at its end. */
int find_columns(const u8 *text, i64 size, i64 lines, i64 tab_count, i64 *starts, i64 *ends, i64 *tabs,
                 u8 *before_equals) {
    i64 line = 0, tab = 0, start = 0;
    for (i64 word = 0; word < size; word += 8) {
        for (u64 marks = marks_of(text + word, size - word); marks; marks &= marks - 1) {
            const i64 at = word + (__builtin_ctzll(marks) >> 3);
            if (at >= size)
                break;
            switch (text[at]) {
            case '=':
                if (at > 1)
                    before_equals[text[at - 2] | text[at - 1] << 8] = 1;
                break;
            case '\t':
                if (tab == tab_count)
                    return 0;
                tabs[tab++ * lines + line] = at;
                break;
            case '\n':
                if (tab != tab_count)
                    return 0;
                starts[line] = start;
                ends[line++] = at > start && text[at - 1] == '\r' ? at - 1 : at;
                start = at + 1;
                tab = 0;
                break;
            case '\r':
                if (text[at + 1] != '\n') /* the last byte is a line end */
                    return 0;
            }
        }
    }
    return 1;
}

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
