/* The INFO text of the regions that spans touch: annotator/regions.py says what it is, and makes the same in Python. */

#include <stdlib.h>

#include "put.h"

enum { BLOCK_SEGMENTS = 64 };

/* The arrays of a store, in the order in which `annotator.regions` gives them. */
typedef struct {
    const u32 *opened, *closed, *text;                     /* by region */
    const u32 *carried, *carried_offsets, *opened_offsets; /* the offsets by block of segments */
    const u32 *items, *item_offsets;                       /* two numbers an item: key and value */
    const u8 *values;
    const u32 *value_offsets;
    u32 count;
} Regions;

/* What this file calls the keys, and of which track each is. */
typedef struct {
    const u8 *text;
    const i64 *offsets;
    const i64 *tracks;
} Keys;

static int ascending(const void *one, const void *other) {
    const u64 a = *(const u64 *)one, b = *(const u64 *)other;
    return (a > b) - (a < b);
}

static void sort(u64 *items, i64 count) {
    if (count > 32) {
        qsort(items, (size_t)count, sizeof *items, ascending);
        return;
    }
    for (i64 i = 1; i < count; i++) {
        const u64 item = items[i];
        i64 place = i;
        for (; place && items[place - 1] > item; place--)
            items[place] = items[place - 1];
        items[place] = item;
    }
}

/* Add the items of a region's text, as key << 32 | value; -1: there is no room for them. */
static i64 collect(const Regions *store, u32 region, u64 *items, i64 count, i64 room) {
    const u32 text = store->text[region];
    const u32 begin = store->item_offsets[text], end = store->item_offsets[text + 1];
    if (count + (i64)(end - begin) > room)
        return -1;
    for (u32 item = begin; item < end; item++)
        items[count++] = (u64)store->items[2 * item] << 32 | store->items[2 * item + 1];
    return count;
}

/* The items of all regions on the segments [first, last), ascending, each once; -1: there is no room for them. */
static i64 find(const Regions *store, u32 first, u32 last, u64 *items, i64 room) {
    const u32 block = first / BLOCK_SEGMENTS;
    i64 count = 0;
    for (u32 i = store->carried_offsets[block]; i < store->carried_offsets[block + 1] && count >= 0; i++)
        if (store->closed[store->carried[i]] > first)
            count = collect(store, store->carried[i], items, count, room);
    for (u32 i = store->opened_offsets[block]; i < store->count && store->opened[i] < last && count >= 0; i++)
        if (store->closed[i] > first)
            count = collect(store, i, items, count, room);
    if (count < 0)
        return -1;
    sort(items, count);
    i64 kept = 0;
    for (i64 i = 0; i < count; i++)
        if (!kept || items[kept - 1] != items[i])
            items[kept++] = items[i];
    return kept;
}

static i64 length_of(const Regions *store, Keys keys, const u64 *items, i64 count) {
    i64 length = 0;
    for (i64 i = 0; i < count; i++) {
        const u32 key = (u32)(items[i] >> 32), value = (u32)items[i];
        length += keys.offsets[key + 1] - keys.offsets[key] + 2;
        length += store->value_offsets[value + 1] - store->value_offsets[value];
    }
    return length;
}

static u8 *write(const Regions *store, Keys keys, const u64 *items, i64 count, u8 *out) {
    for (i64 i = 0; i < count; i++) {
        const u32 key = (u32)(items[i] >> 32), value = (u32)items[i];
        const u32 begin = store->value_offsets[value], end = store->value_offsets[value + 1];
        if (!i || (u32)(items[i - 1] >> 32) != key) {
            if (i)
                *out++ = ';';
            out = put(out, keys.text + keys.offsets[key], keys.offsets[key + 1] - keys.offsets[key]);
            *out++ = '=';
        } else {
            *out++ = ',';
        }
        out = put(out, store->values + begin, end - begin);
    }
    return out;
}

/* Count one more record for every track that it touches; `counted` tells for which record a track was counted last. */
static void count_tracks(Keys keys, const u64 *items, i64 count, i64 record, i64 *hits, i64 *counted) {
    for (i64 i = 0; i < count; i++) {
        const i64 track = keys.tracks[items[i] >> 32];
        if (counted[track] != record) {
            counted[track] = record;
            hits[track]++;
        }
    }
}

/* Describe spans until there is no room in `items` or `out` for the next one; give how many were described. */
i64 describe_spans(i64 spans, const u32 *first, const u32 *last, const void *const *arrays, i64 regions,
                   const u8 *key_text, const i64 *key_offsets, const i64 *key_tracks, u64 *items, i64 items_room,
                   u8 *out, i64 out_room, i64 *begins, i64 *ends, i64 *hits, i64 *counted) {
    const Regions store = {arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5],
                           arrays[6], arrays[7], arrays[8], arrays[9], (u32)regions};
    const Keys keys = {key_text, key_offsets, key_tracks};
    i64 at = 0, count = 0;
    for (i64 span = 0; span < spans; span++) {
        if (span && first[span] == first[span - 1] && last[span] == last[span - 1]) {
            begins[span] = begins[span - 1];
            ends[span] = ends[span - 1];
        } else {
            count = find(&store, first[span], last[span], items, items_room);
            if (count < 0 || at + length_of(&store, keys, items, count) > out_room)
                return span;
            begins[span] = at;
            at = write(&store, keys, items, count, out + at) - out;
            ends[span] = at;
        }
        count_tracks(keys, items, count, span + 1, hits, counted);
    }
    return spans;
}
