import base64
import hashlib

import pytest

from genomics.users.limits import Plan
from genomics.users.models import Lab
from jobs import upload_rules
from jobs.errors import UploadRefusedError, UploadTooLargeError

DIGEST = base64.b64encode(hashlib.sha256(b"part").digest()).decode()


class TestCheckName:
    def test_counts_bytes_and_says_so(self) -> None:
        with pytest.raises(UploadRefusedError) as error:
            upload_rules.check_name("ä" * 99 + ".vcf")
        assert "200 bytes" in error.value.advice

    def test_does_not_show_a_name_that_turns_the_direction_of_writing(self) -> None:
        with pytest.raises(UploadRefusedError) as error:
            upload_rules.check_name("fcv.\u202egz.vcf")
        assert error.value.message == "This file name cannot be used."


class TestCheckSize:
    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("a.VCF", "Split the file, for example by chromosome, or compress it with bgzip."),
            ("a.vcf.gz", "Split the file, for example by chromosome."),
            ("a.vcf.bgz", "Split the file, for example by chromosome."),
        ],
    )
    def test_advises_to_compress_only_what_is_not_compressed(self, name: str, advice: str) -> None:
        lab = Lab(plan=Plan.FREE)
        with pytest.raises(UploadTooLargeError) as error:
            upload_rules.check_size(lab, name=name, size_bytes=lab.limits.max_upload_bytes + 1)
        assert error.value.message.startswith(f"{name} has ")
        assert error.value.advice == advice


class TestIsSha256:
    def test_takes_a_digest_in_base64(self) -> None:
        assert upload_rules.is_sha256(DIGEST)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            DIGEST[:-1],
            DIGEST + "=",
            DIGEST + "\n",
            hashlib.sha256(b"part").hexdigest(),
            base64.b64encode(hashlib.sha512(b"part").digest()).decode(),
            base64.urlsafe_b64encode(b"\xff" * 32).decode(),
            "A" * 42 + "B=",  # bits beyond the 32 bytes: not as S3 writes it
            "\ud800",
        ],
    )
    def test_takes_nothing_else(self, text: str) -> None:
        assert not upload_rules.is_sha256(text)


class TestIsComposite:
    def test_takes_a_digest_with_the_number_of_parts(self) -> None:
        assert upload_rules.is_composite(f"{DIGEST}-1")
        assert upload_rules.is_composite(f"{DIGEST}-10000")

    @pytest.mark.parametrize("end", ["", "-", "-0", "-01", "-1 ", "-1\n", "-123456", "-x", "-²"])
    def test_takes_nothing_else(self, end: str) -> None:
        assert not upload_rules.is_composite(DIGEST + end)
