"""Random VCF files, sound ones and ones gone bad, and what must hold whatever the engine is given.

Each input is annotated twice, read in blocks of different sizes: either both refuse it with a fault of the user's kind,
or both give the same lines, every line of the input is accounted for, and nothing but ID and INFO has changed. Now and
then two processes share the work, and must give the very bytes that one gives.
"""

import gzip
import json
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pysam
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from annotator import reading
from annotator.chunk import Options
from annotator.csq import COLUMNS
from annotator.engine import Request, annotate
from annotator.errors import InvalidVcfError
from annotator.findings import Hgvs
from annotator.inspection import HEAD_BYTES, inspect_head
from annotator.manifest import read_manifest
from annotator.progress import Done
from tests.annotator.invented import Invented
from tests.annotator.vcf import COLUMN_LINE, bgzip

REFUSED = "refused"
BLOCK_BYTES = reading.BLOCK_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One input, and how to annotate it."""

    data: bytes
    options: Options
    block_bytes: int  # of the second run, which must give the same
    processes: int  # more than one: of a third


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record before it becomes text; `order` is the contig's place in the file."""

    order: int
    position: int
    text: bytes


# What files hold.

ODD_TEXT = st.one_of(
    st.sampled_from(
        [b".", b"", b"rs5", b"=cmd", b"a;b", b"%3B", b"<script>", b"\xc3\xa9", b"\xff", b" ", b"0", b"-1", b"9" * 30]
    ),
    st.binary(max_size=6),
)
INFO = st.one_of(
    st.sampled_from(
        [b".", b"DP=5", b"", b";", b"CSQ=x|y", b"GC_CSQ=1", b"DP=1;GENE=mine", b"END=70000", b"END=9999999999"]
    ),
    st.sampled_from([b"SVLEN=-50;SVTYPE=DEL", b"AF=0.5,nan;AC=1", b"IMPACT", b"A=%", b"END=x", b"LEN=3;x=y=z", b"=;="]),
    ODD_TEXT,
)
ALLELES = st.one_of(
    st.sampled_from(
        [b".", b"*", b"<DEL>", b"<NON_REF>", b"<*>", b"N", b"A[7:500[", b"]8:9]T", b".A", b"G.", b"", b"<"]
    ),
    st.text("ACGTacgtN", min_size=1, max_size=12).map(str.encode),
    st.text("ACGT", min_size=30, max_size=80).map(str.encode),
    ODD_TEXT,
)
GENOTYPES = st.sampled_from([b"0/1", b"1|0:3,4", b"./.", b".", b"", b"1/1:9", b"0|2", b"\xff", b"1"])
FORMATS = st.sampled_from([b"GT", b"GT:AD", b"GT:DP:GQ", b".", b"", b"AD"])
HEADER_LINES = st.sampled_from(
    [
        b"##reference=GRCh38",
        b"##contig=<ID=7,length=120000>",
        b"##contig=<ID=7>",
        b'##INFO=<ID=CSQ,Number=.,Type=String,Description="old">',
        b'##INFO=<ID=DP,Number=1,Type=Integer,Description="">',
        b"##odd=\xff\xfe",
        b"##",
        b"##INFO=<ID=",
        b'##INFO=<ID=GENE,Number=.,Type=String,Description="mine">',
        b"##contig=<ID=21,length=46709983>",
    ]
)


@st.composite
def rows(draw: DrawFn, invented: Invented, sample_count: int) -> Row:
    """A record, mostly one that agrees with the reference."""
    contig = draw(st.sampled_from(["7"] * 6 + ["8", "MT", "HLA-A*01:01", "chrUn_x", "9"]))
    bases = invented.bases
    text = bases.get(contig, bases["7"])
    position = draw(st.one_of(st.integers(1, len(text)), st.integers(600, 5_000), st.integers(-1, len(text) + 9)))
    length = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 8, 60]))
    ref = text[max(position, 1) - 1 : max(position, 1) - 1 + length].encode() or b"A"
    if draw(st.integers(0, 19)) == 0:
        ref = draw(ALLELES)
    alts = draw(
        st.lists(st.one_of(st.sampled_from([b"A", b"C", b"G", b"T"]), _near(ref), ALLELES), min_size=1, max_size=3)
    )
    columns = [
        contig.encode(),
        str(position).encode(),
        draw(st.one_of(st.just(b"."), ODD_TEXT)),
        ref,
        b",".join(alts),
        draw(st.one_of(st.sampled_from([b".", b"50", b"1e9", b"nan"]), ODD_TEXT)),
        draw(st.one_of(st.just(b"PASS"), ODD_TEXT)),
        draw(INFO),
    ]
    if sample_count:
        columns += [draw(FORMATS), *(draw(GENOTYPES) for _ in range(sample_count))]
    order = ("7", "8", "MT").index(contig) if contig in bases else 3
    return Row(order=order, position=position, text=b"\t".join(columns))


def _near(ref: bytes) -> SearchStrategy[bytes]:
    """Alleles that share bases with REF."""
    return st.sampled_from(
        [ref[:1], ref[:1] + b"T", ref + b"GA", ref[1:] or b"A", ref[:-1] + b"C", ref[::-1], ref.lower()]
    )


@st.composite
def texts(draw: DrawFn, invented: Invented) -> bytes:
    """A VCF, sorted more often than not."""
    sample_count = draw(st.sampled_from([0, 0, 1, 1, 3]))
    found = draw(st.lists(rows(invented, sample_count), max_size=12))
    if draw(st.integers(0, 9)):
        found.sort(key=lambda row: (row.order, row.position))
    header = [b"##fileformat=VCFv4.2", *draw(st.lists(HEADER_LINES, max_size=3, unique=True)), COLUMN_LINE.encode()]
    if sample_count:
        header[-1] += b"\tFORMAT" + b"".join(b"\ts%d" % number for number in range(sample_count))
    end = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"]))
    text = end.join((*header, *(row.text for row in found)))
    return text + (end if draw(st.integers(0, 4)) else b"")


@st.composite
def damaged(draw: DrawFn, whole: SearchStrategy[bytes]) -> bytes:
    """A file of which up to four places were changed, some by what means something in a VCF."""
    data = draw(whole)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 4]))):
        start = draw(st.integers(0, len(data)))
        cut = draw(st.sampled_from([0, 0, 1, 1, 5, 400]))
        piece = draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"\t", b"\n", b"\r", b"\0", b"#", b"\t\t", b"\n\n", b"\r\n", b",", b".", b"##", b";"]),
            )
        )
        data = data[:start] + piece + data[start + cut :]
    return data


def packed(data: bytes, how: str) -> bytes:
    match how:
        case "gzip":
            return gzip.compress(data, mtime=0)
        case "bgzip":
            return bgzip(data)
        case "two members":
            return gzip.compress(data[: len(data) // 2], mtime=0) + gzip.compress(data[len(data) // 2 :], mtime=0)
        case "stored":
            return gzip.compress(data, compresslevel=0, mtime=0)
        case _:
            return data


@st.composite
def cases(draw: DrawFn, invented: Invented) -> Case:
    """Any input: damaged before it was packed, or afterwards, or both."""
    text = st.one_of(texts(invented), damaged(texts(invented)), damaged(texts(invented)))
    how = st.sampled_from(["plain", "plain", "plain", "gzip", "bgzip", "two members", "stored"])
    file = st.builds(packed, text, how)
    data = draw(st.one_of(file, file, file, damaged(file), st.binary(max_size=60)))
    options = Options(
        hgvs=draw(st.sampled_from(list(Hgvs))),
        parentheses=draw(st.booleans()),
        keeps_bad_lines=draw(st.booleans()),
    )
    block_bytes = draw(st.sampled_from([7, 64, 300, 1_000]))
    return Case(data=data, options=options, block_bytes=block_bytes, processes=draw(st.sampled_from([1] * 20 + [2])))


# What must hold.


def examine(case: Case, *, reference: Invented, folder: Path) -> str:
    """This function will annotate an input and look at all that came out: the code of its fault, or an empty text."""
    source = folder / "input.vcf"
    source.write_bytes(case.data)
    head_fault = _look(case.data, folder=reference.folder)

    def run(name: str, *, block_bytes: int, processes: int = 1) -> Done | InvalidVcfError:
        output = folder / name
        shutil.rmtree(output, ignore_errors=True)
        request = Request(
            input=source,
            reference=reference.folder,
            output=output,
            stem="result",
            options=case.options,
            processes=processes,
        )
        return _run(request, block_bytes=block_bytes)

    whole = run("whole", block_bytes=BLOCK_BYTES)
    cut = run("cut", block_bytes=case.block_bytes)
    if case.processes > 1:
        _assert_same(cut, run("shared", block_bytes=case.block_bytes, processes=case.processes))
    if isinstance(whole, InvalidVcfError):
        assert isinstance(cut, InvalidVcfError), f"{whole} is only seen in large blocks"
        assert whole.message
        assert whole.advice
        return whole.code
    assert not isinstance(cut, InvalidVcfError), f"{cut} is only seen in small blocks"
    assert not head_fault or case.options.keeps_bad_lines, f"only the first look refuses it: {head_fault}"
    _check_result(whole, text=_unpacked(case.data), options=case.options)
    assert _plain(whole) == _plain(cut)
    for kind in ("ledger", "summary", "preview"):
        assert Path(whole.files[kind]).read_bytes() == Path(cut.files[kind]).read_bytes(), kind
    return ""


def _assert_same(one: Done | InvalidVcfError, other: Done | InvalidVcfError) -> None:
    """This function will compare what one process makes with what several make: the very bytes, or the same fault."""
    if isinstance(one, InvalidVcfError) or isinstance(other, InvalidVcfError):
        assert str(one) == str(other)
        return
    for kind in one.files.keys() - {"log"}:
        assert Path(one.files[kind]).read_bytes() == Path(other.files[kind]).read_bytes(), kind


def _run(request: Request, *, block_bytes: int) -> Done | InvalidVcfError:
    with _blocks_of(block_bytes):
        try:
            return annotate(request, listener=lambda _: None)
        except InvalidVcfError as fault:
            assert [path.name for path in request.output.iterdir()] == ["log.txt"]
            return fault


@contextmanager
def _blocks_of(size: int) -> Iterator[None]:
    """This function will let the reader take so many bytes at a time."""
    reading.BLOCK_BYTES = size
    try:
        yield
    finally:
        reading.BLOCK_BYTES = BLOCK_BYTES


def _look(data: bytes, *, folder: Path) -> str:
    """This function will give the code of the fault that the first look at an upload sees."""
    try:
        inspect_head(data[:HEAD_BYTES], file_name="input.vcf", reference=read_manifest(folder))
    except InvalidVcfError as fault:
        return fault.code
    return ""


def _check_result(done: Done, *, text: bytes, options: Options) -> None:
    before = [line for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n") if not line.startswith(b"#")]
    if before and not before[-1]:
        del before[-1]
    ledger, summary = (json.loads(Path(done.files[kind]).read_text()) for kind in ("ledger", "summary"))
    bad = _bad_lines(ledger)
    assert ledger["records_read"] == ledger["annotated"] + ledger["passed"] + ledger["rejected"] == len(before)
    assert not bad or options.keeps_bad_lines
    assert summary["records_read"] == ledger["records_read"]
    after = [line for line in _plain(done).split(b"\n")[:-1] if not line.startswith(b"#")]
    assert len(after) == len(before) - bad
    if not bad:
        for line, result in zip(before, after, strict=True):
            _check_record(line, result, csq=summary["fields"]["CSQ"].encode())
    _check_companions(done, records=after)


def _bad_lines(ledger: dict[str, Any]) -> int:
    by_reason: dict[str, int] = ledger["rejected_by_reason"]
    return sum(count for reason, count in by_reason.items() if reason != "REF_MISMATCH")


def _check_record(before: bytes, after: bytes, *, csq: bytes) -> None:
    """This function will compare a record with what it has become."""
    old, new = before.split(b"\t"), after.split(b"\t")
    end = b"\r" if len(old) == 8 and old[7].endswith(b"\r") else b""
    info, own = old[7].removesuffix(end), new[7].removesuffix(end)
    assert [*old[:2], *old[3:7], *old[8:]] == [*new[:2], *new[3:7], *new[8:]]
    assert old[2] == new[2] or (old[2] == b"." and new[2].startswith(b"rs"))
    added = own if info in (b"", b".") and own != info else own.removeprefix(info).removeprefix(b";")
    assert own in (info, added) or own == info + b";" + added
    items = dict(item.partition(b"=")[::2] for item in added.split(b";"))
    assert len(items) == len(added.split(b";"))
    for entry in items.get(csq, b"").split(b",") if csq in items else ():
        assert entry.count(b"|") == COLUMNS.count("|")
        assert not set(entry) & set(b" ;=")


def _check_companions(done: Done, *, records: list[bytes]) -> None:
    """This function will open the index and the table with libraries that others use."""
    table = pq.read_table(done.files["table"])
    assert table.num_rows >= 0
    assert json.loads(Path(done.files["preview"]).read_text()) is not None
    if records:
        with pysam.TabixFile(done.files["vcf"], index=done.files["index"]) as index:
            wanted = list(dict.fromkeys(record.split(b"\t")[0].decode() for record in records))
            assert list(index.contigs) == wanted


def _plain(done: Done) -> bytes:
    return gzip.decompress(Path(done.files["vcf"]).read_bytes())


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    text = b""
    while data.startswith(b"\x1f\x8b"):
        stream = zlib.decompressobj(wbits=31)
        text += stream.decompress(data)
        data = stream.unused_data
    return text
