"""What an audit of results that rest can find."""

import enum


class Kind(enum.StrEnum):
    """What can be wrong; the values are for people."""

    OVERDUE = "results that should rest by now"
    ARCHIVING_STANDS = "archivings that nobody goes on with"
    RESTORING_STANDS = "results on their way back of which nothing is on its way"
    SLEEPS_ON_PLAN = "results that sleep although their plan keeps them hot"
    RETRIEVAL_STANDS = "retrievals without an end"
    NOT_RELEASED = "archives that nobody needs"
    ARCHIVE_MISSING = "archives missing"
    ARCHIVE_DIFFERS = "archives that are not what was stored"
    ARCHIVE_LEFT = "archives that were removed, and are there"
    ARCHIVE_WITHOUT_ROW = "archives that no row names"
    ARCHIVE_UNKNOWN = "archives that are not ours"
    NOT_TOLD_YET = "vaults that tell later"
    UPLOAD_LEFT = "open uploads that nobody goes on with"
    HOT_LEFT = "hot copies of what rests"
    HOT_MISSING = "hot copies missing"
    HOT_DIFFERS = "hot copies of another size"
