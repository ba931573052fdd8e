"""From the upload to the result, on a build for which a reference lies beside the starter."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotator.building.build import Plan, build_reference
from annotator.building.origin import Origin
from genomics.users.models import User
from jobs import annotation
from jobs.models import Job, Kind, Status
from tests.annotator.building.sources import BASES, ENSEMBL, LENGTH, fasta, put
from tests.jobs import upload_client
from tests.jobs.test_uploads import SignIn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("aws")]

_HEADER = (
    f"##fileformat=VCFv4.2\n##reference=file:///data/hs37d5.fa\n##contig=<ID=c1,length={LENGTH}>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA1\n"
)


@pytest.fixture
def reference(tmp_path: Path, settings: Any) -> Path:
    """This function will build a small reference of GRCh37 where references are looked for."""
    settings.REFERENCES_DIR = tmp_path / "references"
    settings.ANNOTATION_WALL = timedelta(minutes=2)
    plan = Plan(
        name="Ours",
        version="7",
        build="GRCh37",
        fasta=(put(tmp_path / "a.fa.gz", fasta("c1", "chrM")),),
        gff3=(put(tmp_path / "ensembl99.gff3.gz", ENSEMBL),),
        origins={"models": Origin(version="99", licence="open")},
        output=settings.REFERENCES_DIR / "GRCh37-ours",
    )
    build_reference(plan)
    return plan.output


@pytest.fixture
def client(client_of: SignIn, free_user: User) -> Client:
    return client_of(free_user)


def _annotate(client: Client, record: str) -> Job:
    answer = upload_client.upload(client, name="a.vcf", content=(_HEADER + record).encode())
    assert answer.status_code == 200, answer.content
    annotation.annotate_next(annotation.Worker(name="host:1", clock=timezone.now, renew_message=lambda: None))
    return Job.objects.get()


@pytest.mark.usefixtures("reference")
class TestAFileOnGrch37:
    def test_is_annotated_with_a_reference_of_its_build_which_its_page_names(self, client: Client) -> None:
        job = _annotate(client, f"c1\t11\t.\t{BASES[10]}\t{'T' if BASES[10] != 'T' else 'A'}\t9\tPASS\t.\tGT\t0/1\n")
        assert (job.status, job.reference, job.records_annotated) == (Status.COMPLETED, "GRCh37-ours", 1)
        assert set(job.files.values_list("kind", flat=True)) >= {Kind.VCF, Kind.TABLE, Kind.PREVIEW}
        page = client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
        for said in ("GRCh37-ours", "Ours", "GRCh37", "open"):
            assert said in page
        assert "Protein effects are worked out for mitochondrial variants only" not in page
        assert f"<bdi>{BASES[10]}</bdi>" in client.get(reverse("jobs:preview", args=[job.pk])).content.decode()

    def test_fails_when_its_bases_are_of_another_build(self, client: Client) -> None:
        wrong = "T" if BASES[10] != "T" else "A"
        job = _annotate(client, f"c1\t11\t.\t{wrong}\tG\t9\tPASS\t.\tGT\t0/1\n")
        assert (job.status, job.failure_code) == (Status.FAILED, "REF_MISMATCH")
