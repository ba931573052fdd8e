"""Checksums are read as publishers write them."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from annotator.building.checksums import Checksum, bsd_sum, from_google_headers, from_list, from_md5_file

MD5 = hashlib.md5(b"hello").hexdigest()


class TestMd5:
    @pytest.mark.parametrize("text", [f"{MD5}  clinvar.vcf.gz\n", f"MD5 (a.gz) = {MD5}\n", MD5.upper()])
    def test_is_read_from_a_file_of_its_own(self, text: str) -> None:
        assert from_md5_file(text) == Checksum(kind="md5", value=MD5)

    def test_is_read_from_a_list_by_the_name_of_the_file(self) -> None:
        text = f"{'0' * 32}  b.gz\n{MD5} *./a.gz\n"
        assert from_list(text, file_name="a.gz", kind="md5") == Checksum(kind="md5", value=MD5)
        assert from_list(text, file_name="c.gz", kind="md5") is None

    def test_is_read_from_googles_header(self) -> None:
        found = from_google_headers({"x-goog-hash": "crc32c=n03x6A==,md5=XUFAKrxLKna5cZ2REBfFkg=="})
        assert found == Checksum(kind="md5", value=MD5)
        assert from_google_headers({}) is None
        assert from_google_headers({"x-goog-hash": "crc32c=n03x6A=="}) is None

    def test_fits_its_file_only(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"hello")
        (tmp_path / "b").write_bytes(b"hallo")
        checksum = Checksum(kind="md5", value=MD5)
        assert (checksum.fits(tmp_path / "a"), checksum.fits(tmp_path / "b")) == (True, False)


class TestSum:
    def test_is_read_from_ensembls_list(self) -> None:
        text = "51293 881214 Homo.fa.gz\n01234 56 Homo.gff3.gz\n"
        assert from_list(text, file_name="Homo.gff3.gz", kind="sum") == Checksum(kind="sum", value="1234 56")

    def test_fits_its_file_only(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"hello\n" * 500)
        total = bsd_sum(tmp_path / "a")
        assert Checksum(kind="sum", value=f"{total} 3").fits(tmp_path / "a")
        assert not Checksum(kind="sum", value=f"{total} 4").fits(tmp_path / "a")
        assert not Checksum(kind="sum", value=f"{total ^ 1} 3").fits(tmp_path / "a")

    def test_is_what_the_program_sum_says(self, tmp_path: Path) -> None:
        program = shutil.which("sum")
        assert program is not None
        (tmp_path / "a").write_bytes(bytes(range(256)) * 999)
        told = subprocess.run([program, "-r", str(tmp_path / "a")], capture_output=True, text=True, check=True)
        assert int(told.stdout.split()[0]) == bsd_sum(tmp_path / "a")
