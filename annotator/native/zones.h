/* The zones of a contig's transcripts, one row each: see annotator/models/zones.py. */

#include "put.h"

/* Columns as `annotator.models.zones.ABOUT` lists them. */
enum { EXON, INTRON, CDNA, IS_FLANK, REGION, BEFORE, NUMBER, SIGN, ABOUT_WIDTH };
