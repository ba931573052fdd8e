/* What is known of sites, written and read: annotator/sites.py and annotator/site_texts.py do the same in Python. */

#include <math.h>
#include <stdlib.h>

#include "put.h"

enum { LONGEST_NUMBER = 40 };

/* Write the dbSNP number (behind `field=` where there is a field) and the INFO text of each row. `numbers` may be NULL;
 * 0 stands for none. */
void write_sites(i64 rows, const u32 *numbers, const u8 *blob, const i64 *text_begins, const i64 *text_ends,
                 const u8 *field, i64 field_length, u8 *out, i64 *begins, i64 *ends, i64 *id_begins, i64 *id_ends) {
    u8 *at = out;
    for (i64 row = 0; row < rows; row++) {
        const i64 length = text_ends[row] - text_begins[row];
        const int is_named = numbers && numbers[row];
        begins[row] = at - out;
        id_begins[row] = id_ends[row] = at - out;
        if (is_named) {
            if (field_length) {
                at = put(at, field, field_length);
                *at++ = '=';
                id_begins[row] = at - out;
            }
            *at++ = 'r';
            *at++ = 's';
            at = put_number(at, numbers[row]);
            id_ends[row] = at - out;
            if (!field_length)
                begins[row] = at - out;
            else if (length)
                *at++ = ';';
        }
        at = put(at, blob + text_begins[row], length);
        ends[row] = at - out;
    }
}

/* Find the value of a key in texts `KEY=value;KEY=value`: empty where there is none. */
void find_values(i64 texts, const u8 *text, const i64 *begins, const i64 *ends, const u8 *key, i64 key_length,
                 i64 *value_begins, i64 *value_ends) {
    for (i64 number = 0; number < texts; number++) {
        i64 at = begins[number];
        const i64 end = ends[number];
        value_begins[number] = value_ends[number] = end;
        while (at < end) {
            const u8 *semicolon = memchr(text + at, ';', (size_t)(end - at));
            const i64 stop = semicolon ? semicolon - text : end;
            if (stop - at > key_length && text[at + key_length] == '=' && !memcmp(text + at, key, (size_t)key_length)) {
                value_begins[number] = at + key_length + 1;
                value_ends[number] = stop;
                break;
            }
            at = stop + 1;
        }
    }
}

/* Read decimal numbers; NaN for anything else. */
void read_numbers(i64 texts, const u8 *text, const i64 *begins, const i64 *ends, double *numbers) {
    for (i64 number = 0; number < texts; number++) {
        char copy[LONGEST_NUMBER + 1];
        const i64 length = ends[number] - begins[number];
        numbers[number] = NAN;
        if (length < 1 || length > LONGEST_NUMBER)
            continue;
        memcpy(copy, text + begins[number], (size_t)length);
        copy[length] = 0;
        if ((i64)strspn(copy, "0123456789+-.eE") != length)
            continue;
        char *stop;
        const double value = strtod(copy, &stop);
        if (stop == copy + length)
            numbers[number] = value;
    }
}
