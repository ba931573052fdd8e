"""`reference install`, with a catalogue whose publishers are on 127.0.0.1."""

import gzip
import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from annotator import cli
from annotator.building import download
from annotator.building.checksums import bsd_sum
from annotator.building.installing import Seen, alone, fetch_all
from annotator.manifest import read_manifest
from annotator.reference import Reference
from tests.annotator.building.server import Files, serving
from tests.annotator.building.sources import BASES, ENSEMBL, fasta

HOST = "/publisher.example/pub"
BANDS = "chrc1\t0\t2000\tp1\tgneg\nc1\t0\t2000\tp1\tgneg\n"
ALT = next(base for base in "ACGT" if base != BASES[99])
CLINVAR = (
    "##fileformat=VCFv4.1\n##fileDate=2026-01-05\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    f"c1\t100\t4711\t{BASES[99]}\t{ALT}\t.\t.\tCLNSIG=Benign\n"
)

CATALOGUE = """
[[source]]
id = "sequence"
build = "GRCh38"
role = "fasta"
name = "A sequence"
licence = "open"
urls = ["https://publisher.example/pub/genome.fa.gz"]
checksum = "bsd-sums"
checksum_url = "https://publisher.example/pub/CHECKSUMS"

[[source]]
id = "models"
build = "GRCh38"
role = "gff3"
name = "Models"
version = "115"
licence = "open"
urls = ["https://publisher.example/pub/models.gff3.gz"]
checksum = "google-header"

[[source]]
id = "cytobands"
build = "GRCh38"
role = "table"
name = "Bands"
licence = "free"
urls = ["https://publisher.example/pub/cytoBand.txt.gz"]

[[source]]
id = "clinvar"
build = "GRCh38"
role = "vcf"
name = "ClinVar"
licence = "public domain"
urls = ["https://publisher.example/pub/clinvar.vcf.gz"]
checksum = "md5-file"
checksum_url = "https://publisher.example/pub/clinvar.vcf.gz.md5"

[[source]]
id = "dbsnp"
build = "GRCh38"
role = "vcf"
name = "dbSNP"
licence = "public domain"
urls = ["https://publisher.example/pub/dbsnp.vcf.gz"]
size_hint = "about 28 GB"
default = false
"""

Install = Callable[..., int]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    packed = {
        "genome.fa.gz": fasta("c1"),
        "models.gff3.gz": ENSEMBL,
        "cytoBand.txt.gz": BANDS,
        "clinvar.vcf.gz": CLINVAR,
    }
    contents = {f"{HOST}/{name}": gzip.compress(text.encode(), mtime=0) for name, text in packed.items()}
    genome = tmp_path / "genome"
    genome.write_bytes(contents[f"{HOST}/genome.fa.gz"])
    contents[f"{HOST}/CHECKSUMS"] = f"{bsd_sum(genome):05d} 1 genome.fa.gz\n".encode()
    digest = hashlib.md5(contents[f"{HOST}/clinvar.vcf.gz"]).hexdigest()
    contents[f"{HOST}/clinvar.vcf.gz.md5"] = f"{digest}  /data/clinvar.vcf.gz\n".encode()
    with serving(Files(contents=contents, google_hashes=True)) as files:
        yield files


@pytest.fixture
def install(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    monkeypatch.setattr(download, "FIRST_PAUSE_SECONDS", 0.0)
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(CATALOGUE)

    def run(*arguments: str, build: str = "GRCh38") -> int:
        common = ["--catalogue", str(catalogue), "--base-url", files.url, "--references", str(tmp_path / "references")]
        return cli.main(["reference", "install", build, *common, *arguments])

    return run


def fetched(files: Files) -> list[str]:
    return sorted(path.removeprefix(f"{HOST}/") for method, path, _ in files.requests if method == "GET")


class TestInstall:
    def test_fetches_checks_and_builds(self, install: Install, files: Files, tmp_path: Path) -> None:
        assert install() == 0
        folder = tmp_path / "references" / "GRCh38-115"
        reference = Reference(folder)
        assert reference.verify() == []
        assert [track.id for track in reference.manifest.tracks] == [
            *("cytobands", "genes", "exons", "receptors", "clinvar")
        ]
        (source,) = [one for one in reference.manifest.sources if one.id == "clinvar"]
        assert (source.name, source.licence, source.version) == ("ClinVar", "public domain", "2026-01-05")
        (bands,) = [one for one in reference.manifest.sources if one.id == "cytobands"]
        assert (bands.version, bands.date) == ("2026-01-01", "2026-01-01")
        assert source.url == f"{files.url}{HOST}/clinvar.vcf.gz"
        assert source.sha256 == hashlib.sha256(files.contents[f"{HOST}/clinvar.vcf.gz"]).hexdigest()
        assert [path.name for path in (tmp_path / "references").iterdir() if path.name != ".downloads"] == [
            "GRCh38-115"
        ]
        assert not list((tmp_path / "references" / ".downloads").rglob("*.gz"))

    def test_goes_on_where_it_was_broken_off(self, install: Install, files: Files, tmp_path: Path) -> None:
        files.breaks_after = [50, *[0] * 40]
        assert install("--parallel", "1") == 1
        assert not (tmp_path / "references" / "GRCh38-115").exists()
        files.breaks_after = []
        files.requests.clear()
        assert install() == 0
        assert ("GET", f"{HOST}/genome.fa.gz", "bytes=50-") in files.requests

    def test_takes_complete_files_of_an_earlier_try(
        self, install: Install, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        models = files.contents[f"{HOST}/models.gff3.gz"]
        files.contents[f"{HOST}/models.gff3.gz"] = gzip.compress(b"no models")
        assert install() == 1
        files.contents[f"{HOST}/models.gff3.gz"] = models
        files.requests.clear()
        assert install() == 0
        assert fetched(files) == ["models.gff3.gz"]
        assert ", here already" in capsys.readouterr().out

    def test_refuses_a_file_with_the_wrong_checksum(
        self, install: Install, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files.contents[f"{HOST}/clinvar.vcf.gz.md5"] = f"{'0' * 32}  clinvar.vcf.gz\n".encode()
        assert install() == 1
        assert "clinvar.vcf.gz: the checksum is not the publisher's" in capsys.readouterr().err
        assert not (tmp_path / "references" / "GRCh38-115").exists()

    def test_refuses_a_list_without_the_file(
        self, install: Install, files: Files, capsys: pytest.CaptureFixture[str]
    ) -> None:
        files.contents[f"{HOST}/CHECKSUMS"] = b"1 1 other.fa.gz\n"
        assert install() == 1
        assert "CHECKSUMS holds no checksum of genome.fa.gz" in capsys.readouterr().err

    def test_says_which_file_is_not_there(
        self, install: Install, files: Files, capsys: pytest.CaptureFixture[str]
    ) -> None:
        del files.contents[f"{HOST}/cytoBand.txt.gz"]
        assert install() == 1
        captured = capsys.readouterr()
        assert "cytoBand.txt.gz: the server answers 404" in captured.err
        assert "(unverified)\n            http" in captured.out
        assert fetched(files) == []

    def test_refuses_what_has_no_room(
        self, install: Install, files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1))
        assert install() == 1
        assert "GB are free below" in capsys.readouterr().err
        assert fetched(files) == []

    def test_does_not_touch_what_is_installed(
        self, install: Install, files: Files, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert install() == 0
        files.requests.clear()
        assert install() == 1
        assert "is installed already" in capsys.readouterr().err
        assert files.requests == []

    def test_does_not_run_into_another_installation(
        self, install: Install, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with alone(tmp_path / "references" / ".downloads" / "GRCh38"):
            assert install() == 1
        assert "Another installation is fetching into" in capsys.readouterr().err
        assert fetched(files) == []
        assert install() == 0

    def test_keeps_what_has_arrived_when_interrupted(
        self, install: Install, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_label: str, _part: float) -> None:
            raise KeyboardInterrupt

        def interrupted(seen: Sequence[Seen], **_: object) -> object:
            return fetch_all(seen, listener=interrupt)

        monkeypatch.setattr("annotator.commands.install.fetch_all", interrupted)
        assert install() == 130
        monkeypatch.undo()
        assert not (tmp_path / "references" / "GRCh38-115").exists()
        assert install() == 0

    def test_stands_beside_others(self, install: Install, tmp_path: Path) -> None:
        assert install() == 0
        assert install("--name", "Ours", "--version", "2", "--tracks", "") == 0
        manifest = read_manifest(tmp_path / "references" / "Ours-2")
        assert manifest.label == "Ours 2"
        assert [track.id for track in manifest.tracks] == ["genes", "exons", "receptors"]

    def test_keeps_downloads_when_asked(self, install: Install, tmp_path: Path) -> None:
        assert install("--keep-downloads") == 0
        kept = tmp_path / "references" / ".downloads" / "GRCh38"
        assert sorted(path.name for path in kept.iterdir()) == ["clinvar", "cytobands", "lock", "models", "sequence"]


class TestDryRun:
    def test_says_what_how_large_and_under_which_licence(
        self, install: Install, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert install("--dry-run") == 0
        text = capsys.readouterr().out
        size = len(files.contents[f"{HOST}/clinvar.vcf.gz"])
        assert (
            f"ClinVar\n  makes     clinvar\n  size      {size} bytes\n  licence   public domain (unverified)\n" in text
        )
        assert "Left out: dbsnp (ask for them with --tracks)" in text
        assert fetched(files) == []
        assert not (tmp_path / "references").exists()

    def test_needs_no_network(self, install: Install, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert install("--dry-run", "--tracks", "dbsnp", "--base-url", "http://127.0.0.1:9") == 0
        text = capsys.readouterr().out
        assert "about 28 GB (unverified)" in text
        assert "and 3 files of unknown size" in text

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [(["--tracks", "nothing"], "no track nothing"), (["--catalogue", "/none.toml"], "cannot be read")],
    )
    def test_refuses_what_it_does_not_know(
        self, install: Install, capsys: pytest.CaptureFixture[str], arguments: Sequence[str], message: str
    ) -> None:
        assert install("--dry-run", *arguments) == 1
        assert message in capsys.readouterr().err
