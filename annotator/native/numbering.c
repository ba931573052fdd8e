/* Numbers for what repeats, in order of first use: annotator/numbering.py says what these loops do, and does the same in
 * Python where no compiler is at hand.
 */

#include "put.h"

/* The seed is another one in each process, so that nobody can make texts that all fall on one slot. */
static u64 hash_of(const u8 *text, i64 length, u64 seed) {
    u64 hash = seed ^ (u64)length * 0x9E3779B97F4A7C15u;
    while (length > 0) {
        u64 word = 0;
        memcpy(&word, text, (size_t)(length < 8 ? length : 8));
        hash = (hash ^ word) * (seed | 1);
        hash ^= hash >> 29;
        text += 8;
        length -= 8;
    }
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
}

/* Number the texts: `firsts` gets the row in which each number first stands. The `slots`, a power of two and more than
 * there are rows, are -1 before. How many numbers there are is given back. */
i64 number_texts(i64 rows, const u8 *text, const i64 *begins, const i64 *ends, u64 seed, i64 slots, i32 *numbers,
                 i64 *firsts, i32 *codes) {
    i64 count = 0;
    for (i64 row = 0; row < rows; row++) {
        const i64 length = ends[row] - begins[row];
        const u8 *own = text + begins[row];
        if (row && ends[row - 1] - begins[row - 1] == length && !memcmp(own, text + begins[row - 1], (size_t)length)) {
            codes[row] = codes[row - 1];
            continue;
        }
        u64 slot = hash_of(own, length, seed) & (u64)(slots - 1);
        while (numbers[slot] >= 0) {
            const i64 first = firsts[numbers[slot]];
            if (ends[first] - begins[first] == length && !memcmp(text + begins[first], own, (size_t)length))
                break;
            slot = (slot + 1) & (u64)(slots - 1);
        }
        if (numbers[slot] < 0) {
            numbers[slot] = (i32)count;
            firsts[count++] = row;
        }
        codes[row] = numbers[slot];
    }
    return count;
}

/* Number codes anew; those below 0 stay -1. `numbers`, one for each code that there may be, are -1 before; `order` gets
 * the code of each number. How many numbers there are is given back. */
i64 renumber(i64 rows, const i32 *codes, i32 *numbers, i64 *order, i32 *found) {
    i64 count = 0;
    for (i64 row = 0; row < rows; row++) {
        const i32 code = codes[row];
        if (code < 0) {
            found[row] = -1;
            continue;
        }
        if (numbers[code] < 0) {
            numbers[code] = (i32)count;
            order[count++] = code;
        }
        found[row] = numbers[code];
    }
    return count;
}
