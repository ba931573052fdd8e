/* Writing into memory that is large enough: each function gives the place behind what it wrote. */

#pragma once

#include <stdint.h>
#include <string.h>

typedef int64_t i64;
typedef int32_t i32;
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

static inline u8 *put(u8 *out, const u8 *text, i64 length) {
    memcpy(out, text, (size_t)length);
    return out + length;
}

static inline u8 *put_number(u8 *out, i64 number) {
    u8 digits[20];
    int count = 0;
    if (number < 0) {
        *out++ = '-';
        number = -number;
    }
    do {
        digits[count++] = (u8)('0' + number % 10);
        number /= 10;
    } while (number);
    while (count)
        *out++ = digits[--count];
    return out;
}
