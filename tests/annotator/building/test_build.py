"""Building a reference: complete or not at all, and the same bytes from the same files."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.building.build import Built, Plan, build_reference
from annotator.building.origin import Origin
from annotator.errors import InvalidReferenceError
from annotator.manifest import LAYOUT, read_manifest
from annotator.reference import Reference
from tests.annotator.building.sources import BASES, ENSEMBL, LENGTH, MANE, fasta, put


class InterruptedBuildError(Exception):
    """Stands for a Ctrl-C at any moment."""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    sources = tmp_path / "sources"
    sources.mkdir()
    return Plan(
        name="Mine",
        version="7",
        build="GRCh38",
        fasta=(put(sources / "a.fa.gz", fasta("c1", "c2", "chrM")),),
        gff3=(put(sources / "ensembl99.gff3.gz", ENSEMBL),),
        mane=put(sources / "MANE.GRCh38.v1.4.summary.txt", MANE),
        bed=(str(put(sources / "mine.bed", "c1\t149\t350\tspot\n")),),
        vcf=(
            f"calls={put(sources / 'x.vcf', _vcf('c1', 11, BASES[10], 'T', 'AC=3'))}",
            str(put(sources / "clinvar.vcf", _vcf("c2", 12, BASES[11], "A", "CLNSIG=Pathogenic"))),
        ),
        origins={"models": Origin(licence="open", url="https://example.org/models")},
        output=tmp_path / "references" / "mine",
    )


def _vcf(contig: str, position: int, ref: str, alt: str, info: str) -> str:
    return (
        "##fileformat=VCFv4.2\n##fileDate=2026-01-02\n"
        '##INFO=<ID=AC,Number=A,Type=Integer,Description="Count">\n'
        '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="Significance">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n{contig}\t{position}\trs5\t{ref}\t{alt}\t.\t.\t{info}\n"
    )


@pytest.fixture
def built(plan: Plan) -> Built:
    return build_reference(plan)


class TestBuildReference:
    def test_gives_a_reference_that_can_be_opened(self, plan: Plan, built: Built) -> None:
        reference = Reference(plan.output)
        assert reference.manifest == read_manifest(plan.output)
        assert built.manifest.label == reference.manifest.label == "Mine 7"
        assert reference.verify() == []
        assert [contig.name for contig in reference.manifest.contigs] == ["c1", "c2", "chrM"]
        assert reference.manifest.mitochondrion == "chrM"
        contig = reference.contig("c1")
        assert contig is not None
        bases = reference.sequence_of(contig)
        assert bases is not None
        assert bases.bases(start=0, end=LENGTH).decode() == BASES

    def test_holds_the_transcripts(self, plan: Plan, built: Built) -> None:
        reference = Reference(plan.output)
        contig = reference.contig("c1")
        assert contig is not None
        store = reference.models(contig)
        assert [store.transcript(index).id for index in range(len(store))] == ["ENST01.2", "ENST02"]
        assert store.transcript(0).mane_select == "NM_01.2"
        assert reference.manifest.model_contigs == ("c1",)

    def test_looks_into_the_sequence_for_what_the_models_do_not_tell(self, plan: Plan, tmp_path: Path) -> None:
        stop = BASES[:346] + "TAA" + BASES[349:]
        for bases, is_incomplete in ((BASES, True), (stop, False)):
            output = tmp_path / str(is_incomplete)
            build_reference(
                replace(plan, fasta=(put(tmp_path / "c.fa", fasta("c1", bases=bases)),), vcf=(), output=output)
            )
            reference = Reference(output)
            contig = reference.contig("c1")
            assert contig is not None
            transcript = reference.models(contig).transcript(0)
            assert (transcript.start_incomplete, transcript.end_incomplete) == (False, is_incomplete)

    def test_holds_the_tracks(self, plan: Plan, built: Built) -> None:
        reference = Reference(plan.output)
        contig = reference.contig("c1")
        assert contig is not None
        values = dict(item.split("=") for item in reference.regions(contig).text_on(200, 200).decode().split(";"))
        assert values == {"GENE": "ABC1", "GENE_ID": "ENSG01", "EXON_OF": "ABC1", "MINE": "spot"}
        tracks = {track.id: track for track in reference.site_tracks}
        assert tracks.keys() == {"calls", "clinvar"}
        (site,) = reference.sites(tracks["calls"], contig=contig)
        assert (site.position, site.alt) == (11, b"T")
        assert b"CALLS_AC=3" in site.text

    def test_says_where_everything_came_from(self, built: Built) -> None:
        sources = {source.id: source for source in built.manifest.sources}
        assert sources.keys() == {"sequence", "models", "mane", "mine", "calls", "clinvar"}
        models = sources["models"]
        assert (models.version, models.licence, models.url) == ("99", "open", "https://example.org/models")
        assert sources["mane"].version == "v1.4"
        assert (sources["clinvar"].date, sources["clinvar"].version) == ("2026-01-02", "2026-01-02")
        assert re.fullmatch("sha256:[0-9a-f]{12}", sources["sequence"].version)
        assert all(source.size_bytes > 0 and len(source.sha256) == 64 for source in sources.values())
        assert {track.source for track in built.manifest.tracks} <= sources.keys()

    def test_gives_the_same_bytes_again(self, plan: Plan, built: Built, tmp_path: Path) -> None:
        again = replace(plan, output=tmp_path / "again")
        assert build_reference(again).manifest == built.manifest
        assert (again.output / "manifest.json").read_bytes() == (plan.output / "manifest.json").read_bytes()

    def test_names_every_file_in_the_manifest(self, plan: Plan, built: Built) -> None:
        files = {path.relative_to(plan.output).as_posix() for path in plan.output.rglob("*") if path.is_file()}
        assert files == built.manifest.files.keys() | {"manifest.json"}

    def test_needs_no_models(self, plan: Plan) -> None:
        manifest = build_reference(replace(plan, gff3=(), mane=None, vcf=(), bed=(), origins={})).manifest
        assert manifest.models is None
        assert manifest.tracks == ()

    def test_says_what_was_left_out(self, plan: Plan, tmp_path: Path) -> None:
        models = put(
            tmp_path / "b.gff3", ENSEMBL.replace("501\t600\t.\t-", "501\t600\t.\t.") + ENSEMBL.replace("c1\t", "X\t")
        )
        remarks = build_reference(replace(plan, gff3=(models,))).remarks
        assert remarks == (
            "9 rows of gene models were left out, because the sequence has no such contig (X: 9).",
            "1 transcripts were left out (no strand: 1).",
        )

    def test_tells_how_far_it_is(self, plan: Plan) -> None:
        heard: list[tuple[str, float]] = []
        build_reference(plan, listener=lambda label, part: heard.append((label, part)))
        labels = list(dict.fromkeys(label for label, _ in heard))
        assert labels[:4] == [
            "Checking a.fa.gz",
            "Copying the sequence",
            "Reading ensembl99.gff3.gz",
            "Writing transcripts",
        ]
        assert labels[-1] == "Working out checksums"
        assert all(0 <= part <= 1 for _, part in heard)


class TestRefusals:
    @pytest.mark.parametrize("moment", range(9))
    def test_leave_nothing_behind_when_interrupted(self, plan: Plan, moment: int, tmp_path: Path) -> None:
        labels: list[str] = []

        def interrupt(label: str, _part: float) -> None:
            labels.extend([] if label in labels else [label])
            if len(labels) > moment:
                raise InterruptedBuildError

        with pytest.raises(InterruptedBuildError):
            build_reference(plan, listener=interrupt)
        assert [path.name for path in tmp_path.iterdir()] == ["sources"]

    def test_keep_an_output_that_exists(self, plan: Plan) -> None:
        plan.output.mkdir(parents=True)
        (plan.output / "mine.txt").write_text("mine")
        with pytest.raises(InvalidReferenceError, match="exists already"):
            build_reference(plan)
        assert [path.name for path in plan.output.parent.rglob("*")] == ["mine", "mine.txt"]

    def test_keep_an_output_that_appears_meanwhile(self, plan: Plan) -> None:
        def appear(label: str, _part: float) -> None:
            if label == "Working out checksums":
                plan.output.mkdir()

        with pytest.raises(InvalidReferenceError, match="appeared meanwhile"):
            build_reference(plan, listener=appear)
        assert [path.name for path in plan.output.parent.iterdir()] == ["mine"]

    @pytest.mark.parametrize(
        ("name", "text", "message"),
        [
            ("fasta", "no sequence", "line 1: FASTA begins"),
            ("gff3", ENSEMBL.replace("151", "x"), "line 3: start x"),
            ("gff3", ENSEMBL.replace("c1\t", "Z\t"), r"None of the contigs of the gene models \(Z, …\)"),
            ("gff3", "c1\t.\tgene\t1\t9\t.\t+\t.\tID=G\n", "hold no transcripts"),
            ("mane", "no table", "is not a MANE summary"),
        ],
    )
    def test_tell_what_is_wrong(self, plan: Plan, tmp_path: Path, name: str, text: str, message: str) -> None:
        path = put(tmp_path / "broken", text)
        broken = replace(plan, **{name: path if name == "mane" else (path,)})  # type: ignore[arg-type]
        with pytest.raises(InvalidReferenceError, match=message):
            build_reference(broken)
        assert not plan.output.parent.exists()

    def test_tell_that_two_files_hold_the_same_name(self, plan: Plan) -> None:
        with pytest.raises(InvalidReferenceError, match="c1 is in another FASTA file"):
            build_reference(replace(plan, fasta=plan.fasta * 2))

    def test_tell_that_a_layout_is_not_known(self, plan: Plan, built: Built) -> None:
        path = plan.output / "manifest.json"
        value = json.loads(path.read_text())
        path.write_text(json.dumps({**value, "layout": LAYOUT - 1}))
        with pytest.raises(
            InvalidReferenceError, match=rf"has layout {LAYOUT - 1}, .* reads layout {LAYOUT}: build or install"
        ):
            read_manifest(plan.output)


class TestContigNames:
    @pytest.mark.parametrize("names", [[f"c{number}" for number in range(1, 11)], [str(n) for n in range(1, 11)]])
    def test_are_those_of_the_sequence(self, plan: Plan, tmp_path: Path, names: list[str]) -> None:
        models = "".join(ENSEMBL.replace("c1\t", f"{name}\t") for name in names)
        built = build_reference(
            replace(
                plan,
                fasta=(put(tmp_path / "ten.fa", fasta(*names)),),
                gff3=(put(tmp_path / "ten.gff3", models),),
                vcf=(),
                bed=(),
            )
        )
        assert built.manifest.model_contigs == tuple(names)
        assert {contig.length for contig in built.manifest.contigs} == {LENGTH}

    def test_may_be_anything(self, plan: Plan, tmp_path: Path) -> None:
        name = "HLA-A*01/x:1"
        files = (put(tmp_path / "odd.fa", fasta(name)),)
        models = (put(tmp_path / "odd.gff3", ENSEMBL.replace("c1\t", f"{name}\t")),)
        build_reference(replace(plan, fasta=files, gff3=models, vcf=(), bed=()))
        reference = Reference(plan.output)
        contig = reference.contig(name)
        assert contig is not None
        assert len(reference.models(contig)) == 2


@pytest.mark.shared_data
class TestRealData:
    def test_builds_chromosome_21(self, shared_data: Path, tmp_path: Path) -> None:
        plan = Plan(
            name="Chromosome 21",
            version="1",
            build="GRCh38",
            fasta=(shared_data / "chr21.GRCh38.real_segments.fa.gz",),
            gff3=(shared_data / "ensembl84.chr21.gff3.gz",),
            vcf=(
                str(shared_data / "clinvar20241215.PLP.GRCh38.vcf.gz"),
                str(shared_data / "dbsnp149.chr21.snv.vcf.gz"),
            ),
            output=tmp_path / "reference",
        )
        build_reference(plan)
        reference = Reference(plan.output)
        contig = reference.contig("chr21")
        assert contig is not None
        assert (contig.name, contig.length) == ("21", 46_709_983)
        store = reference.models(contig)
        assert len(store) == 2_414
        transcripts = [store.transcript(index) for index in range(len(store))]
        assert all(set(one.coding) == set() or one.exons[0][0] <= one.coding[0][0] for one in transcripts)
        app = next(one for one in transcripts if one.id.startswith("ENST00000346798"))
        assert (app.symbol, app.strand, len(app.exons), len(app.coding)) == ("APP", -1, 18, 18)
        assert sum(end - start + 1 for start, end in app.coding) == 2_313  # 770 amino acids and a stop codon
        sites = {track.id: len(list(reference.sites(track, contig=contig))) for track in reference.site_tracks}
        assert sites["dbsnp"] > 129_000
        assert sites["clinvar"] > 500
        assert reference.verify() == []
