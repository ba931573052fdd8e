"""Files find their tracks by name; a lab's own files become tracks of their own."""

from pathlib import Path

import pytest

from annotator.building.planning import known_tracks, planned_tracks
from annotator.errors import InvalidReferenceError
from tests.annotator.building.tracks import make, table, vcf


class TestKnownTracks:
    @pytest.mark.parametrize(
        ("name", "form", "tracks"),
        [
            ("clinvar_20260101.vcf.gz", "vcf", ["clinvar"]),
            ("GCF_000001405.40.gz", "vcf", ["dbsnp"]),
            ("dbsnp149.chr21.snv.vcf.gz", "vcf", ["dbsnp"]),
            ("gnomad.exomes.v4.1.sites.chr21.vcf.bgz", "vcf", ["gnomad"]),
            ("gnomad.v4.1.sv.sites.vcf.gz", "vcf", ["gnomad_sv"]),
            ("gnomad_v2.1_sv.sites.vcf.gz", "vcf", ["gnomad_sv"]),
            ("cytoBand.txt.gz", "table", ["cytobands"]),
            ("cpgIslandExt.txt.gz", "table", ["promoters", "cpg_islands"]),
            ("hgnc_complete_set.txt", "table", ["hgnc"]),
            ("gencc-submissions.tsv", "table", ["gencc"]),
            ("gwasCatalog.txt.gz", "table", ["gwas"]),
            ("targetScanS.txt.gz", "table", ["mirna_sites"]),
            ("genomicSuperDups.txt.gz", "table", ["segmental_duplications"]),
            ("dgvMerged.txt.gz", "table", ["cnv"]),
            ("encRegTfbsClustered.txt.gz", "table", ["tfbs"]),
            ("wgEncodeRegTfbsClusteredV3.txt.gz", "table", ["tfbs"]),
            ("calls.vcf.gz", "vcf", []),
            ("clinvar.vcf.gz", "table", []),
        ],
    )
    def test_are_known_by_the_publishers_names(self, name: str, form: str, tracks: list[str]) -> None:
        assert [track.id for track in known_tracks(name, form=form)] == tracks  # type: ignore[arg-type]


class TestPlannedTracks:
    def test_need_no_files_for_tracks_of_gene_models(self) -> None:
        plans = planned_tracks(vcf=[], bed=[], table=[])
        assert [(plan.definition.id, plan.paths) for plan in plans] == [("genes", ()), ("exons", ()), ("receptors", ())]

    def test_stand_in_the_order_of_the_table(self, tmp_path: Path) -> None:
        bands, islands = tmp_path / "cytoBand.txt", tmp_path / "cpgIslandExt.txt"
        for path in (bands, islands):
            path.touch()
        plans = planned_tracks(vcf=[], bed=[], table=[str(islands), str(bands)])
        assert [plan.definition.id for plan in plans] == [
            *("cytobands", "genes", "exons", "receptors", "promoters", "cpg_islands")
        ]

    def test_take_several_files_for_one_track(self, tmp_path: Path) -> None:
        files = [tmp_path / "a.vcf", tmp_path / "b.vcf"]
        for path in files:
            path.touch()
        plans = planned_tracks(vcf=[f"gnomad={path}" for path in files], bed=[], table=[])
        assert next(plan.paths for plan in plans if plan.definition.id == "gnomad") == tuple(files)

    def test_take_bed_files_for_tables(self, tmp_path: Path) -> None:
        rows = table(tmp_path / "sites.bed", ("chr1", 9, 20, "miR-1"))
        plan = next(
            plan
            for plan in planned_tracks(vcf=[], bed=[f"mirna_sites={rows}"], table=[])
            if plan.definition.id == "mirna_sites"
        )
        assert make(tmp_path, (plan.definition, plan.paths)).region(10) == "MIRNA_SITE=miR-1"

    def test_refuse_tables_whose_columns_nobody_knows(self, tmp_path: Path) -> None:
        (tmp_path / "x.txt").touch()
        with pytest.raises(InvalidReferenceError, match=r"--table cytobands=x\.txt"):
            planned_tracks(vcf=[], bed=[], table=[str(tmp_path / "x.txt")])

    @pytest.mark.parametrize("argument", ["clinvar={}", "genes={}"])
    def test_refuse_a_track_that_is_made_otherwise(self, tmp_path: Path, argument: str) -> None:
        (tmp_path / "x.bed").touch()
        with pytest.raises(InvalidReferenceError, match="is not made from a file given with --bed"):
            planned_tracks(vcf=[], bed=[argument.format(tmp_path / "x.bed")], table=[])

    def test_refuse_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidReferenceError, match="There is no file"):
            planned_tracks(vcf=[str(tmp_path / "none.vcf")], bed=[], table=[])


class TestOwnTracks:
    def test_of_a_bed_file_give_names_or_places(self, tmp_path: Path) -> None:
        rows = table(tmp_path / "Our panel.bed", ("chr1", 9, 20, "exon 1"), ("chr1", 99, 200))
        (*_, plan) = planned_tracks(vcf=[], bed=[str(rows)], table=[])
        made = make(tmp_path, (plan.definition, plan.paths))
        assert plan.definition.id == "our_panel"
        assert [made.region(base) for base in (10, 150)] == ["OUR_PANEL=exon%201", "OUR_PANEL=100-200"]

    def test_of_a_vcf_give_every_declared_field(self, tmp_path: Path) -> None:
        header = [
            '##INFO=<ID=AC,Number=A,Type=Integer,Description="count">',
            '##INFO=<ID=HET,Number=0,Type=Flag,Description="flag">',
            '##INFO=<ID=TAGS,Number=.,Type=String,Description="tags">',
        ]
        source = vcf(tmp_path / "cohort.vcf", "1 100 . A G,T . . AC=3,4;HET;TAGS=a,b", header=header)
        (*_, plan) = planned_tracks(vcf=[f"lab={source}"], bed=[], table=[])
        assert [(field.id, field.number, field.type) for field in plan.definition.fields] == [
            ("LAB", "A", "String"),
            ("LAB_AC", "A", "Integer"),
            ("LAB_HET", "A", "String"),
            ("LAB_TAGS", "A", "String"),
        ]
        made = make(tmp_path, (plan.definition, plan.paths))
        assert made.site(100, "A", "T") == ("", "LAB=yes;LAB_AC=4;LAB_HET=yes;LAB_TAGS=a&b")

    @pytest.mark.parametrize("name", ["genes.bed", "gene.bed", "1st.bed"])
    def test_never_take_a_name_that_is_ours(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        (*_, plan) = planned_tracks(vcf=[], bed=[str(tmp_path / name)], table=[])
        assert plan.definition.id == f"own_{name.removesuffix('.bed')}"
