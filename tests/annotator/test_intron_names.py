"""Names of insertions and deletions in introns: the same in C and in Python, and those of the whole transcript."""

import ctypes
import random
from pathlib import Path

import numpy as np
import pytest

from annotator import intron_names as module
from annotator.effects.effect import Variant
from annotator.effects.transcript_names import slide, transcript_name
from annotator.effects.view import TranscriptView
from annotator.intron_names import Zoned, intron_names
from annotator.models.transcript import Transcript
from annotator.models.zones import Zones
from annotator.normal_form import Changes
from annotator.sequence import ContigBases, Sequence
from annotator.spans import spans_of
from annotator.texts import Texts
from annotator.zoning import zone_arrays

LENGTH = 1_200
INTRON = (201, 1_000)


def contig_of(folder: Path, chance: random.Random) -> ContigBases:
    """This function will write a contig of few different bases, so that changes slide far."""
    pieces = [chance.choice(("AC" * 30, "A" * 25, "ACGT" * 10, "GATTACA", "CT" * 4)) for _ in range(200)]
    bases = "".join(pieces)[:LENGTH]
    (folder / "s.fa").write_text(f">c\n{bases}\n")
    (folder / "s.fa.fai").write_text(f"c\t{LENGTH}\t3\t{LENGTH}\t{LENGTH + 1}\n")
    return Sequence(folder / "s.fa").contig("c")


def transcript(strand: int) -> Transcript:
    return Transcript(
        contig="c",
        start=101,
        end=1_100,
        strand=strand,
        phase=0,
        exons=((101, INTRON[0] - 1), (INTRON[1] + 1, 1_100)),
        coding=((121, INTRON[0] - 1), (INTRON[1] + 1, 1_080)),
        id="T1",
        biotype="protein_coding",
        gene_id="G1",
        symbol="ABC",
        protein_id="P1",
        is_canonical=True,
        mane_select="",
        mane_plus_clinical="",
        start_incomplete=False,
        end_incomplete=False,
        selenocysteines=(),
        mitochondrial=False,
    )


class TestIntronNames:
    @pytest.mark.parametrize("strand", [1, -1])
    @pytest.mark.parametrize("seed", range(6))
    def test_are_those_of_the_transcript(
        self, tmp_path: Path, loops: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch, seed: int, strand: int
    ) -> None:
        chance = random.Random(seed)
        contig, model = contig_of(tmp_path, chance), transcript(strand)
        zones = Zones(zone_arrays([model]))
        variants: list[Variant] = []
        while len(variants) < 300:
            position, length = chance.randrange(INTRON[0] + 20, INTRON[1] - 20), chance.choice((1, 1, 2, 3, 4, 20))
            word = contig.bases(start=position - 1, end=position - 1 + length).decode()
            if chance.random() < 0.5:
                variants.append(Variant(position=position, ref=word, alt=""))
            else:
                variants.append(Variant(position=position, ref="", alt=chance.choice((word, "AC", "G", "TTA"))))
        firsts = np.array([one.position for one in variants], dtype=np.int64)
        lasts = np.array([one.end for one in variants], dtype=np.int64)
        zone = zones.find(np.zeros(len(firsts), dtype=np.int64), firsts)
        kept = (zone == zones.find(np.zeros(len(firsts), dtype=np.int64), lasts)) & (zones.kinds(zone) > 0)
        variants = [one for one, is_kept in zip(variants, kept.tolist(), strict=True) if is_kept]
        zone = zone[kept]
        zoned = Zoned(
            changes=Changes(
                words=spans_of([(one.ref or one.alt).lower().encode() for one in variants]),
                positions=firsts[kept],
                are_deletions=np.array([one.ref != "" for one in variants], dtype=np.bool_),
            ),
            about=zones.about(zone),
            firsts=zones.starts(zone),
            lasts=zones.last_bases(zone),
            are_forward=np.full(len(variants), strand > 0, dtype=np.bool_),
            prefixes=Texts.of([b"unused", b"T1:c."]),
            prefix_of=np.ones(len(variants), dtype=np.int64),
        )
        found = []
        for library in (None, loops):
            monkeypatch.setattr(module, "_LIBRARY", library)
            names = intron_names(zoned, sequence=contig)
            found.append([names[number] for number in range(len(names))])
        assert found[0] == found[1]
        view = TranscriptView(model, contig)
        expected = [transcript_name(one, slide(one, view)[0], view) for one in variants]
        told = [(name.decode(), other) for name, other in zip(found[0], expected, strict=True) if name]
        assert len(told) > len(variants) / 3
        assert [name for name, _ in told] == [other for _, other in told]
        assert {"del", "dup", "ins"} <= {part for name, _ in told for part in ("del", "dup", "ins") if part in name}
