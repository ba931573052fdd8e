from pathlib import Path

import numpy as np
import pytest

from annotator.benchmarks import track_files
from annotator.benchmarks.invention import invented_calls, invented_models, random_bases
from annotator.benchmarks.track_files import write_track_files
from annotator.building.build import Plan, build_reference
from annotator.tracks import TRACKS

LENGTH = 3_000_000


class TestWriteTrackFiles:
    def test_puts_every_track_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(track_files, "CONTIGS", ("c1",))
        monkeypatch.setattr(track_files, "LENGTH", LENGTH)
        monkeypatch.setattr(track_files, "_REGIONS", {})
        monkeypatch.setattr(track_files, "_BASES", {})
        monkeypatch.setattr(track_files, "_OTHER_REGIONS", 50)
        chance = np.random.default_rng(3)
        bases = random_bases(LENGTH, chance)
        monkeypatch.setattr("annotator.benchmarks.invention._CALLS", 500)
        calls, models = invented_calls(bases, chance), invented_models(LENGTH, chance)
        files = write_track_files(tmp_path / "tracks", calls=calls, models=models, known={}, chance=chance)
        fasta, gff3 = tmp_path / "c1.fa", tmp_path / "models.gff3"
        fasta.write_text(f">c1\n{bases.tobytes().decode()}\n")
        gff3.write_text("".join(f"c1{row[row.index(chr(9)) :]}" for row in models))
        built = build_reference(
            Plan(
                name="All",
                version="1",
                build="GRCh38",
                fasta=(fasta,),
                gff3=(gff3,),
                vcf=files.vcf,
                table=files.table,
                output=tmp_path / "reference",
            )
        )
        assert [track.id for track in built.manifest.tracks] == [track.id for track in TRACKS]
        assert not any("REF" in remark for remark in built.remarks)
