"""The store of transcripts: what is written is read again, in order, and little is read at all."""

import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.arrays import stem_of
from annotator.models import store as module
from annotator.models.store import ModelStore, write_models
from tests.annotator.models.transcripts import NON_CODING, ODD, TRANSCRIPT

UNORDERED = [TRANSCRIPT, ODD, NON_CODING]
ORDERED = [NON_CODING, ODD, TRANSCRIPT]


@pytest.mark.parametrize("compressed", [True, False])
class TestModelStore:
    def test_gives_back_every_transcript_in_order(self, tmp_path: Path, compressed: bool) -> None:
        ordered = write_models(tmp_path, contig="1", transcripts=UNORDERED, compressed=compressed)
        store = ModelStore.open(tmp_path / "1")
        assert [store.transcript(index) for index in range(len(store))] == ORDERED == list(ordered)
        assert store.starts.tolist() == [50, 101, 101]
        assert store.ends.tolist() == [400, 400, 400]

    def test_may_hold_nothing(self, tmp_path: Path, compressed: bool) -> None:
        write_models(tmp_path, contig="1", transcripts=[], compressed=compressed)
        assert len(ModelStore.open(tmp_path / "1")) == 0

    def test_writes_the_same_bytes_whatever_the_order(self, tmp_path: Path, compressed: bool) -> None:
        for name, transcripts in (("a", UNORDERED), ("b", ORDERED)):
            write_models(tmp_path / name, contig="1", transcripts=transcripts, compressed=compressed)
        files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.np?")]
        assert files
        assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


class TestOpen:
    def test_is_empty_for_a_contig_without_a_store(self, tmp_path: Path) -> None:
        assert len(ModelStore.open(tmp_path / "none")) == 0

    def test_is_let_go_with_its_store(self, tmp_path: Path) -> None:
        write_models(tmp_path, contig="1", transcripts=[TRANSCRIPT])
        store = ModelStore.open(tmp_path / "1")
        store.transcript(0)
        held = weakref.ref(store)
        del store
        assert held() is None  # at once: there is no cycle that the collector would have to find

    def test_is_made_once_while_it_is_remembered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "CACHED_TRANSCRIPTS", 2)
        write_models(tmp_path, contig="1", transcripts=UNORDERED)
        store = ModelStore.open(tmp_path / "1")
        first = store.transcript(0)
        assert store.transcript(0) is first
        store.transcript(1)
        store.transcript(2)
        assert store.transcript(0) is not first
        assert store.transcript(0) == first


class TestStemOf:
    @pytest.mark.parametrize(
        ("contig", "name"),
        [
            ("21", "21"),
            ("NC_000021.9", "NC_000021.9"),
            ("HLA-A*01:01", "HLA-A%2A01%3A01"),
            ("a/b", "a%2Fb"),
            ("..", "%2E%2E"),
        ],
    )
    def test_names_no_other_folder(self, tmp_path: Path, contig: str, name: str) -> None:
        assert stem_of(tmp_path, contig=contig) == tmp_path / name
        write_models(tmp_path, contig=contig, transcripts=[replace(TRANSCRIPT, contig=contig)])
        assert ModelStore.open(tmp_path / name).transcript(0).contig == contig
