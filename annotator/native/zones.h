/* The zones of a contig's transcripts, one row each: see annotator/models/zones.py. */

#include "put.h"

/* Columns as `annotator.models.zones.ABOUT` lists them. */
enum { EXON, INTRON, CDNA, IS_FLANK, REGION, BEFORE, NUMBER, SIGN, ABOUT_WIDTH };

typedef struct {
    i64 count;
    const u64 *keys; /* ascending: the transcript in the upper 32 bits, the first base in the lower ones */
    const u8 *kinds;
    const i32 *about;
} Zones;
