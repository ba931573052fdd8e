"""What is written of transcripts."""

from pathlib import Path

from annotator.models.store import ModelStore, write_models
from annotator.ontology import TERMS
from annotator.transcript_texts import TranscriptTexts
from tests.annotator.models.transcripts import NON_CODING, TRANSCRIPT


def texts(folder: Path) -> TranscriptTexts:
    write_models(folder, contig="1", transcripts=[NON_CODING, TRANSCRIPT])
    return TranscriptTexts(ModelStore.open(folder / "1"))


class TestTranscriptTexts:
    def test_are_made_once(self, tmp_path: Path) -> None:
        found = texts(tmp_path)
        assert found.of(1) is found.of(1)
        assert found.of(1) is not found.of(0)

    def test_name_changes_by_what_the_transcript_is(self, tmp_path: Path) -> None:
        found = texts(tmp_path)
        assert found.of(0).name == b"ENST00000000002.1:n."
        assert found.of(1).name == b"ENST00000000001.1:c."

    def test_begin_with_the_terms(self, tmp_path: Path) -> None:
        one = texts(tmp_path).of(1)
        terms = (TERMS["intron_variant"],)
        assert one.head(terms) == f"|intron_variant|MODIFIER{one.identity}".encode()
        assert one.head(terms) is one.head(terms)
        assert one.identity == "|ABC1|ENSG00000000001|Transcript|ENST00000000001|protein_coding|"
        assert (one.standing, one.picked_standing) == (b"|1|||YES|NM_000001.1|", b"|1||1|YES|NM_000001.1|")
