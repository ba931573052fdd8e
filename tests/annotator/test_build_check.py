"""Files on another build, told by their bases: with and without a reference beside the one in use that knows them."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.building.build import Plan, build_reference
from annotator.errors import InvalidVcfError
from annotator.limits import DEFAULT_LIMITS
from annotator.manifest import MANIFEST_NAME
from tests.annotator.building.sources import fasta, put
from tests.annotator.vcf import COLUMN_LINE, Runner, record

HEADER = f"##fileformat=VCFv4.2\n{COLUMN_LINE}\n"
LENGTH = 30_000


def _replace_by_folder(other: Path) -> None:
    shutil.rmtree(other)
    (other / MANIFEST_NAME).mkdir(parents=True)


def bases(build: str, *, length: int = LENGTH) -> str:
    return "".join(random.Random(build).choices("ACGT", k=length))


def records(build: str, count: int, *, start: int = 1, length: int = LENGTH) -> list[str]:
    """This function will give single-base changes on the sequence of a build."""
    sequence = bases(build, length=length)
    refs = ((at, sequence[at - 1]) for at in range(start, start + count))
    return [record("c1", at, ref, "A" if ref != "A" else "C") for at, ref in refs]


def install(folder: Path, build: str, *, length: int = LENGTH) -> Path:
    folder.mkdir(exist_ok=True)
    source = put(folder / f"{build}.fa", fasta("c1", bases=bases(build, length=length)))
    output = folder / build
    build_reference(Plan(name=build, version="1", build=build, fasta=(source,), output=output))
    return output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.fixture
def ours(folder: Path) -> Path:
    return install(folder, "GRCh38")


def refusal(run: Runner, lines: list[str], reference: Path) -> InvalidVcfError:
    with pytest.raises(InvalidVcfError) as caught:
        run(HEADER + "".join(lines), reference=reference)
    assert [path.name for path in run.output.iterdir()] == ["log.txt"]
    return caught.value


class TestAWrongBuild:
    def test_is_named_when_a_reference_beside_ours_knows_it(self, run: Runner, folder: Path, ours: Path) -> None:
        install(folder, "GRCh37")
        install(folder, "T2T-CHM13v2.0")
        error = refusal(run, records("GRCh37", 200), ours)
        assert (error.code, error.column) == ("WRONG_BUILD", "REF")
        assert error.line is not None
        assert error.message.endswith("The file looks like GRCh37.")
        assert "##reference=GRCh37" in error.advice

    def test_is_refused_without_a_name_when_none_knows_it(self, run: Runner, folder: Path, ours: Path) -> None:
        install(folder, "T2T-CHM13v2.0")
        error = refusal(run, records("GRCh37", 200), ours)
        assert error.code == "REF_MISMATCH"
        assert "looks like" not in str(error)

    def test_is_named_when_a_position_lies_past_the_end(self, run: Runner, folder: Path, ours: Path) -> None:
        longer = LENGTH + 1_000
        install(folder, "GRCh37", length=longer)
        error = refusal(run, records("GRCh37", 50, start=LENGTH + 1, length=longer), ours)
        assert (error.code, error.line, error.column) == ("WRONG_BUILD", 3, "POS")
        assert error.message == "POS is 30,001, but contig c1 has 30,000 bases. The file looks like GRCh37."

    def test_is_refused_before_the_end_when_it_is_hopeless(self, run: Runner, ours: Path) -> None:
        """The line at the end would refuse the file, too; it is not reached."""
        lines = [line.replace("\tPASS\t.", f"\tPASS\tX={'x' * 1_000}") for line in records("GRCh37", 5_000)]
        error = refusal(run, [*lines, "nonsense\n"], ours)
        assert error.code == "REF_MISMATCH"
        assert "of the first 1," in error.message

    def test_is_not_seen_in_few_slips(self, run: Runner, folder: Path, ours: Path) -> None:
        install(folder, "GRCh37")
        lines = records("GRCh38", 100) + records("GRCh37", 8, start=101)
        outcome = run(HEADER + "".join(lines), reference=ours)
        assert 0 < outcome.done.rejected <= 8

    @pytest.mark.parametrize(
        "damage",
        [
            lambda other: (other / MANIFEST_NAME).write_text("{"),
            lambda other: (other / MANIFEST_NAME).write_bytes(b"\xff\xfe"),
            lambda other: (other / "sequence.fa").unlink(),
            lambda other: (other / "sequence.fa").write_bytes(b">c1\n"),
            lambda other: (other / "sequence.fa.fai").write_text("c1\t30000\t4\t0\t0\n"),
            lambda other: (other / "sequence.fa.fai").write_text("c1\n"),
            _replace_by_folder,
        ],
    )
    def test_is_refused_whatever_is_wrong_with_a_reference_beside_ours(
        self, run: Runner, folder: Path, ours: Path, damage: Callable[[Path], object]
    ) -> None:
        damage(install(folder, "GRCh37"))
        assert refusal(run, records("GRCh37", 200), ours).code == "REF_MISMATCH"


class TestASoundFile:
    def test_is_fine_on_its_own_build(self, run: Runner, ours: Path) -> None:
        outcome = run(HEADER + "".join(records("GRCh38", 2_000)), reference=ours)
        assert (outcome.done.annotated, outcome.done.rejected) == (2_000, 0)
        assert outcome.json("ledger")["verified"] == 2_000

    def test_is_not_compared_where_the_reference_is_unknown(self, run: Runner, folder: Path) -> None:
        folder.mkdir()
        known = bases("GRCh38", length=1_000)
        source = put(folder / "a.fa", fasta("c1", bases=known + "N" * 1_000))
        reference = folder / "half"
        build_reference(Plan(name="half", version="1", build="GRCh38", fasta=(source,), output=reference))
        lines = [record("c1", at, "A", "C") for at in range(1_001, 1_101)]
        lines.append(record("c1", 1_200, "ACG", "A"))
        outcome = run(HEADER + "".join(lines), reference=reference)
        ledger = outcome.json("ledger")
        assert (ledger["annotated"], ledger["rejected"], ledger["verified"]) == (101, 0, 0)
        assert ledger["notes"]["REFERENCE_IS_N"] == 101

    def test_may_hold_many_slips_when_that_is_asked_for(self, run: Runner, ours: Path) -> None:
        path = run.folder / "input.vcf"
        path.write_text(HEADER + "".join(records("GRCh37", 2_000)))
        limits = replace(DEFAULT_LIMITS, max_rejected_share=1.0, hopeless_share=1.0)
        assert run.annotate(path, reference=ours, limits=limits).done.rejected > 1_000
