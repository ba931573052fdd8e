"""Transcripts for tests."""

from dataclasses import replace

from annotator.models.transcript import Transcript

TRANSCRIPT = Transcript(
    id="ENST00000000001.1",
    contig="1",
    start=101,
    end=400,
    strand=1,
    biotype="protein_coding",
    gene_id="ENSG00000000001",
    symbol="ABC1",
    protein_id="ENSP00000000001.1",
    exons=((101, 200), (301, 400)),
    coding=((151, 200), (301, 340)),
    phase=0,
    is_canonical=True,
    mane_select="NM_000001.1",
    mane_plus_clinical="",
    start_incomplete=False,
    end_incomplete=False,
    selenocysteines=(),
    mitochondrial=False,
)

NON_CODING = replace(
    TRANSCRIPT,
    id="ENST00000000002.1",
    start=50,
    strand=-1,
    biotype="lncRNA",
    symbol="",
    protein_id="",
    exons=((50, 400),),
    coding=(),
    is_canonical=False,
    mane_select="",
)

ODD = replace(
    TRANSCRIPT,
    id="ENST00000000000.3",
    symbol="Ångström",
    phase=2,
    is_canonical=False,
    mane_select="",
    mane_plus_clinical="NM_000009.9",
    start_incomplete=True,
    end_incomplete=True,
    selenocysteines=(12, 46),
    mitochondrial=True,
)


def moved(transcript: Transcript, bases: int) -> Transcript:
    """This function will move a transcript along the genome."""
    exons, coding = (
        tuple((start + bases, end + bases) for start, end in parts) for parts in (transcript.exons, transcript.coding)
    )
    return replace(transcript, start=transcript.start + bases, end=transcript.end + bases, exons=exons, coding=coding)
