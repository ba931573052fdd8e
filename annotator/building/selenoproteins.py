"""Selenocysteines of models that do not tell them, as Ensembl's GFF3: TGA within a selenoprotein's coding sequence.

A coding sequence ends at its stop codon, so a TGA before that is read as selenocysteine; asking for the gene's symbol,
too, keeps errors of models (and genuine readthrough) from being taken for it.
"""

from dataclasses import replace

from annotator.effects.effect import ContigSequence
from annotator.models.transcript import Transcript

# The 25 genes of human selenoproteins by HGNC, then the symbols they had before 2016.
_SYMBOLS = """
    DIO1 DIO2 DIO3 GPX1 GPX2 GPX3 GPX4 GPX6 MSRB1 SELENOF SELENOH SELENOI SELENOK SELENOM SELENON SELENOO SELENOP
    SELENOS SELENOT SELENOV SELENOW SEPHS2 TXNRD1 TXNRD2 TXNRD3
    SEPX1 SEP15 C11orf31 SELH EPT1 SELK SELM SEPN1 SELO SEPP1 VIMP SELS SELT SELV SEPW1
"""
SELENOPROTEINS = frozenset(_SYMBOLS.split())

_SELENOCYSTEINE = b"TGA"
_COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


def with_selenocysteines(transcript: Transcript, *, sequence: ContigSequence) -> Transcript:
    """The transcript with its selenocysteines, if it is a selenoprotein's and its source tells none."""
    if transcript.symbol not in SELENOPROTEINS or not transcript.coding or transcript.selenocysteines:
        return transcript
    coding = b"".join(sequence.bases(start=start - 1, end=end) for start, end in transcript.coding)
    if transcript.strand < 0:
        coding = coding.translate(_COMPLEMENT)[::-1]
    whole = range(transcript.phase, len(coding) - 2, 3)
    codons = [coding[start : start + 3] for start in whole]
    last = len(codons) if transcript.end_incomplete else len(codons) - 1
    # As VEP counts: bases before the first whole codon belong to an amino acid of their own.
    first_number = 2 if transcript.phase else 1
    found = tuple(number + first_number for number, codon in enumerate(codons[:last]) if codon == _SELENOCYSTEINE)
    return replace(transcript, selenocysteines=found)
