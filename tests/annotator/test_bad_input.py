"""Every kind of bad input: what a person is told, where it is caught, and that nothing is left but the log."""

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from annotator.errors import InvalidVcfError
from annotator.inspection import HEAD_BYTES, VcfHead, inspect_head
from annotator.manifest import read_manifest
from annotator.progress import Done, Failed, parse
from annotator.reference import STARTER_FOLDER
from annotator.unpacking import TRUNCATED
from tests.annotator.bad_files import BAD_FILES, FINE_FILES, LARGE, BadFile, FineFile
from tests.annotator.vcf import HEADER, Outcome, Runner, bgzip, rcrs, record

MANIFEST = read_manifest(STARTER_FOLDER)
MAX_RESIDENT_BYTES = 300 * 1024**2
MAX_CPU_SECONDS = 15

# A process between us and the annotator: a child's peak begins with its parent's size, and ours is large.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
sys.exit(code)
"""


def look(file: BadFile | FineFile, *, data: bytes | None = None) -> VcfHead:
    head = (file.data if data is None else data)[:HEAD_BYTES]
    return inspect_head(head, file_name=file.file_name, reference=MANIFEST)


def assert_told(error: InvalidVcfError, file: BadFile) -> None:
    told = (error.code, error.message, error.advice, error.line, error.column)
    assert told == (file.code, file.message, file.advice, file.line, file.column)
    assert str(error).isprintable()


class TestEngine:
    @pytest.mark.parametrize("file", BAD_FILES, ids=lambda file: file.name)
    def test_refuses_with_what_where_and_what_to_do(self, run: Runner, file: BadFile) -> None:
        with pytest.raises(InvalidVcfError) as caught:
            run(file.data, name=file.file_name)
        assert_told(caught.value, file)
        assert [path.name for path in run.output.iterdir()] == ["log.txt"]
        assert f"  {caught.value}\n  (code {file.code})" in run.log

    @pytest.mark.parametrize("file", FINE_FILES, ids=lambda file: file.name)
    def test_takes_what_only_looks_odd(self, run: Runner, file: FineFile) -> None:
        outcome = run(file.data, name=file.file_name)
        done = outcome.done
        assert (done.annotated, done.passed, done.rejected) == (file.annotated, file.passed, file.rejected)
        assert len(outcome.rows) == done.records_read
        assert outcome.json("summary")["warnings"] == ([file.remark] if file.remark else [])
        assert file.remark in outcome.text("log")

    def test_says_whether_it_is_a_gvcf(self, run: Runner) -> None:
        gvcf = {
            file.name: run(file.data).json("summary")["gvcf"] for file in FINE_FILES if file.name in ("gVCF", "CRLF")
        }
        assert gvcf == {"gVCF": True, "CRLF": False}


class TestFirstLook:
    @pytest.mark.parametrize("file", BAD_FILES, ids=lambda file: file.name)
    def test_tells_the_same_or_leaves_it_to_the_engine(self, file: BadFile) -> None:
        if file.in_head:
            with pytest.raises(InvalidVcfError) as caught:
                look(file)
            assert_told(caught.value, file)
        else:
            look(file)

    @pytest.mark.parametrize("file", FINE_FILES, ids=lambda file: file.name)
    def test_takes_what_only_looks_odd(self, file: FineFile) -> None:
        look(file)


class TestLarge:
    """Each in a process of its own, as a job is, so that its memory and time can be measured."""

    @pytest.mark.parametrize("file", LARGE, ids=lambda file: file.name)
    def test_is_refused_in_bounded_time_and_memory(self, file: BadFile, tmp_path: Path) -> None:
        data = file.data
        began = time.process_time()
        if file.in_head:
            with pytest.raises(InvalidVcfError) as caught:
                look(file, data=data)
            assert_told(caught.value, file)
        else:
            look(file, data=data)
        assert time.process_time() - began < 3
        (tmp_path / file.file_name).write_bytes(data)
        event = _annotate_apart(tmp_path / file.file_name, output=tmp_path / "out")
        assert isinstance(event, Failed)
        told = (event.code, event.message, event.advice, event.line, event.column)
        assert told == (file.code, file.message, file.advice, file.line, file.column)

    def test_or_fine_in_bounded_time_and_memory(self, tmp_path: Path) -> None:
        (million_keys,) = (file for file in FINE_FILES if file.name == "10^6 INFO keys in a record")
        (tmp_path / "keys.vcf").write_bytes(million_keys.data)
        event = _annotate_apart(tmp_path / "keys.vcf", output=tmp_path / "out")
        assert isinstance(event, Done)
        assert event.annotated == 1

    def test_valid_bomb_is_stopped_by_the_number_of_its_records(self, tmp_path: Path) -> None:
        text = HEADER + record("chr1", 1000, "A", "G") * 1_000_000
        (tmp_path / "bomb.vcf.gz").write_bytes(bgzip(text.encode()))
        options = ["--max-records", "900000"]
        event = _annotate_apart(tmp_path / "bomb.vcf.gz", *options, output=tmp_path / "out")
        assert isinstance(event, Failed)
        assert (event.code, event.line) == ("TOO_MANY_RECORDS", 900_004)


def _annotate_apart(path: Path, *options: str, output: Path) -> Done | Failed:
    command = [sys.executable, "-m", "annotator", "annotate", str(path), "--output", str(output), "--progress", "json"]
    finished = subprocess.run(
        [sys.executable, "-c", MEASURED, *command, *options], capture_output=True, text=True, check=False
    )
    *_, last, usage = finished.stdout.splitlines()
    event = parse(last)
    assert isinstance(event, Done | Failed)
    assert finished.returncode == (0 if isinstance(event, Done) else 2)
    resident_kilobytes, cpu_seconds = usage.split()
    assert int(resident_kilobytes) * 1024 < MAX_RESIDENT_BYTES
    assert float(cpu_seconds) < MAX_CPU_SECONDS
    return event


class TestDocumentation:
    def test_names_every_code(self) -> None:
        root = Path(__file__).resolve().parents[2]
        sources = "".join(path.read_text() for path in sorted((root / "annotator").glob("*.py")))
        raised = set(re.findall(r'InvalidVcfError\(\s*"([A-Z_]+)"', sources)) | {TRUNCATED}
        assert raised == set(re.findall(r"`([A-Z]+_[A-Z_]+)`", _section((root / "docs/annotator.md").read_text())))


def _section(text: str) -> str:
    return text.partition("## Bad input: what happens")[2].partition("\n## ")[0]


class TestMutations:
    """A good file, changed at random: refused with a message, or accounted for; never anything else."""

    ROUNDS = 40
    MUTATIONS_PER_FILE = 3

    @pytest.mark.parametrize("compression", ["plain", "bgzf"])
    @pytest.mark.parametrize("seed", range(5))
    def test_are_refused_or_accounted_for(self, run: Runner, seed: int, compression: str) -> None:
        chance = random.Random(f"{compression} {seed}")
        good = _good_file()
        packed = bgzip(good)
        endings = {"refused": 0, "annotated": 0}
        for _ in range(self.ROUNDS):
            if compression == "plain":
                data, name = _mutated(good, chance=chance, times=self.MUTATIONS_PER_FILE), "input.vcf"
            else:
                data, name = _damaged(packed, chance=chance), "input.vcf.gz"
            endings[_ending(run, data, name=name)] += 1
        assert endings["refused"]

    def test_leave_some_files_good(self, run: Runner) -> None:
        chance = random.Random(1)
        endings = {
            _ending(run, _mutated(_good_file(), chance=chance, times=1), name="input.vcf") for _ in range(self.ROUNDS)
        }
        assert endings == {"refused", "annotated"}


def _good_file() -> bytes:
    meta = '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n##contig=<ID=chrM,length=16569>\n'
    header = HEADER.replace("##reference", f"{meta}##reference").replace("INFO\n", "INFO\tFORMAT\tone\ttwo\n")
    lines = [record("chr1", 1_000 * at, "A", "G,<NON_REF>", info=f"DP={at};END={1_000 * at}") for at in range(1, 40)]
    for at in range(3_300, 3_360):
        ref = rcrs(at, at)
        lines.append(record("chrM", at, ref, "A" if ref != "A" else "C"))
        lines.append(record("chrM", at, rcrs(at, at + 2), ref))
    return (header + "".join(line.rstrip("\n") + "\tGT\t0/1\t1/1\n" for line in lines)).encode()


def _mutated(data: bytes, *, chance: random.Random, times: int) -> bytes:
    for _ in range(chance.randint(1, times)):
        data = chance.choice((_flip_byte, _cut, _duplicate_line, _swap_lines, _drop_line, _move_field))(data, chance)
    return data


def _damaged(data: bytes, *, chance: random.Random) -> bytes:
    return chance.choice((_flip_byte, _cut))(data, chance)


def _flip_byte(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def _duplicate_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([*lines, chance.choice(lines)]) if chance.random() < 0.5 else b"".join(lines + lines[-3:])


def _swap_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _drop_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def _move_field(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    fields = lines[at].split(b"\t")
    fields[chance.randrange(len(fields))] = chance.choice(lines).split(b"\t")[-1]
    lines[at] = b"\t".join(fields)
    return b"\n".join(lines)


def _ending(run: Runner, data: bytes, *, name: str) -> str:
    began = time.process_time()
    try:
        outcome = run(data, name=name)
    except InvalidVcfError as error:
        _assert_fit_to_show(error)
        return "refused"
    finally:
        assert time.process_time() - began < 5
    inspect_head(data[:HEAD_BYTES], file_name=name, reference=MANIFEST)  # never refuses what the engine takes
    _assert_adds_up(outcome)
    return "annotated"


def _assert_fit_to_show(error: InvalidVcfError) -> None:
    assert error.message.endswith(".")
    assert error.advice.endswith(".")
    assert str(error).isprintable()
    assert len(str(error)) < 500


def _assert_adds_up(outcome: Outcome) -> None:
    ledger = outcome.json("ledger")
    records = [line for line in outcome.result.splitlines() if not line.startswith(b"#")]
    assert ledger["records_read"] == ledger["annotated"] + ledger["passed"] + ledger["rejected"] == len(records)
    assert len(ledger["rejections"]) == ledger["rejected"]
