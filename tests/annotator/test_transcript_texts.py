"""What is written of transcripts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from annotator.csq import COLUMNS, encode, feature_of
from annotator.models.store import ModelStore, write_models
from annotator.transcript_texts import TranscriptTexts
from tests.annotator.models.transcripts import NON_CODING, ODD, TRANSCRIPT

REFSEQ = replace(TRANSCRIPT, id="NM_000001.1", symbol="A;B", gene_id="", end_incomplete=True)
SHORT = replace(TRANSCRIPT, id="EN", start=102)
PLAIN = [NON_CODING, TRANSCRIPT]


def texts(folder: Path, *transcripts: object) -> TranscriptTexts:
    write_models(folder, contig="1", transcripts=transcripts or PLAIN)  # type: ignore[arg-type]
    return TranscriptTexts(ModelStore.open(folder / "1"), symbol_key="S", feature_key="F")


class TestTranscriptTexts:
    def test_have_all_columns_in_their_places(self, tmp_path: Path) -> None:
        stored = sorted([*PLAIN, ODD, REFSEQ, SHORT], key=lambda one: (one.start, one.end, one.id))
        frames = texts(tmp_path, *stored).of(np.arange(len(stored)))
        for number, one in enumerate(stored):
            flags = [name for name, holds in (("start", one.start_incomplete), ("end", one.end_incomplete)) if holds]
            for pick, standings in (("1", frames.picked_standings), ("", frames.standings)):
                identity, standing = (table[number].decode() for table in (frames.identities, standings))
                text = f"T|terms|impact{identity}|||||||||{standing}"
                columns = dict(zip(COLUMNS.split("|"), text.split("|"), strict=True))
                assert {name: value for name, value in columns.items() if value} == {
                    name: value
                    for name, value in {
                        "Allele": "T",
                        "Consequence": "terms",
                        "IMPACT": "impact",
                        "SYMBOL": encode(one.symbol),
                        "Gene": one.gene_id,
                        "Feature_type": "Transcript",
                        "Feature": feature_of(one.id),
                        "BIOTYPE": one.biotype,
                        "STRAND": str(one.strand),
                        "FLAGS": "&".join(f"cds_{name}_NF" for name in flags),
                        "PICK": pick,
                        "CANONICAL": "YES" if one.is_canonical else "",
                        "MANE_SELECT": one.mane_select,
                        "MANE_PLUS_CLINICAL": one.mane_plus_clinical,
                    }.items()
                    if value
                }

    def test_name_changes_by_what_the_transcript_is(self, tmp_path: Path) -> None:
        names = texts(tmp_path).names(np.array([1, 0]))
        assert (names[0], names[1]) == (b"ENST00000000001.1:c.", b"ENST00000000002.1:n.")

    @pytest.mark.parametrize(
        ("number", "expected"), [(0, b";S=.;F=ENST00000000002"), (1, b";S=ABC1;F=ENST00000000001")]
    )
    def test_have_fields_of_their_own(self, tmp_path: Path, number: int, expected: bytes) -> None:
        assert texts(tmp_path).of(np.array([number])).owns[0] == expected

    def test_may_be_those_of_no_transcript(self, tmp_path: Path) -> None:
        frames = TranscriptTexts(ModelStore({}), symbol_key="S", feature_key="F").of(np.zeros(0, dtype=np.int64))
        assert [len(table) for table in (frames.identities, frames.standings, frames.names, frames.owns)] == [0] * 4
