"""The starter reference that ships with the product."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from annotator.builds import is_auxiliary_contig
from annotator.manifest import damaged_files
from annotator.models.store import write_models
from annotator.reference import STARTER_FOLDER, Reference
from annotator.samples import SAMPLE_VCF
from annotator.samples.build import sample_text
from annotator.starter.mitochondrion import MITOCHONDRIAL_GENES
from tests.annotator.vcf import rcrs


@pytest.fixture(scope="module")
def starter() -> Reference:
    return Reference(STARTER_FOLDER)


class TestStarter:
    def test_is_whole(self, starter: Reference) -> None:
        assert damaged_files(STARTER_FOLDER, manifest=starter.manifest) == []

    def test_names_a_licence_text_for_every_package(self, starter: Reference) -> None:
        files = {source.licence_file for source in starter.manifest.sources if source.licence_file}
        assert files == {"licences/bioframe.txt", "licences/ideogram.txt", "licences/minimap2.txt"}
        assert all((STARTER_FOLDER / name).is_file() for name in files)

    def test_holds_all_clinvar_variants_with_clean_values(self, starter: Reference) -> None:
        (track,) = starter.site_tracks
        sites = [site for contig in starter.manifest.contigs for site in starter.sites(track, contig=contig)]
        assert len(sites) == 72_582
        allowed = {field.id for field in track.fields}
        for site in sites:
            entries = dict(item.partition("=")[::2] for item in site.text.decode().split(";"))
            assert entries.keys() <= allowed
            assert "%25" not in site.text.decode()
            assert " " not in unquote(entries["CLINVAR_SIG"])

    def test_fits_the_mitochondrial_sequence(self, starter: Reference) -> None:
        (track,) = starter.site_tracks
        contig = starter.contig("chrM")
        assert contig is not None
        sites = list(starter.sites(track, contig=contig))
        assert len(sites) == 111
        assert all(rcrs(site.position, site.position + len(site.ref) - 1) == site.ref.decode() for site in sites)

    def test_knows_37_mitochondrial_genes(self) -> None:
        kinds = [gene.biotype for gene in MITOCHONDRIAL_GENES]
        assert [kinds.count(kind) for kind in ("protein_coding", "Mt_tRNA", "Mt_rRNA")] == [13, 22, 2]

    def test_holds_their_transcripts(self, starter: Reference) -> None:
        contig = starter.contig("chrM")
        assert contig is not None
        assert starter.has_models(contig)
        store = starter.models(contig)
        transcripts = [store.transcript(index) for index in range(len(store))]
        expected = sorted((gene.transcript for gene in MITOCHONDRIAL_GENES), key=lambda one: (one.start, one.end))
        assert transcripts == expected
        assert all(one.mitochondrial and one.is_canonical for one in transcripts)

    def test_is_what_its_script_makes_of_the_genes(self, tmp_path: Path) -> None:
        transcripts = [gene.transcript for gene in MITOCHONDRIAL_GENES]
        write_models(tmp_path, contig="MT", transcripts=transcripts, compressed=True)
        made = (tmp_path / "MT.npz").read_bytes()
        assert made == (STARTER_FOLDER / "models" / "MT.npz").read_bytes(), "build the starter again: docs/annotator.md"

    def test_begins_every_coding_sequence_with_a_start_codon(self) -> None:
        complement = str.maketrans("ACGT", "TGCA")
        for transcript in (gene.transcript for gene in MITOCHONDRIAL_GENES if gene.protein_id):
            first, last = transcript.start, transcript.end
            codon = (
                rcrs(first, first + 2) if transcript.strand > 0 else rcrs(last - 2, last).translate(complement)[::-1]
            )
            assert codon in {"ATG", "ATA", "ATT"}

    def test_has_no_models_of_other_contigs(self, starter: Reference) -> None:
        contig = starter.contig("21")
        assert contig is not None
        assert not starter.has_models(contig)
        assert len(starter.models(contig)) == 0


class TestSample:
    def test_is_what_its_script_makes(self, starter: Reference) -> None:
        assert sample_text(starter) == SAMPLE_VCF.read_text()


class TestAuxiliaryContigs:
    @pytest.mark.parametrize(
        "name",
        [
            "chr1_KI270706v1_random",
            "chr6_GL000250v2_alt",
            "chrUn_KI270302v1",
            "chrUn_JTFH01000001v1_decoy",
            "HLA-A*01:01:01:01",
            "chrEBV",
            "KI270728.1",
            "GL000008.2",
            "chr1_KN196472v1_fix",
            "hs38d1",
        ],
    )
    def test_are_known(self, name: str) -> None:
        assert is_auxiliary_contig(name)

    @pytest.mark.parametrize("name", ["chr99", "scaffold_1", "23", "chr1x", "", "gi|1", "NC_000001.10"])
    def test_are_not_just_anything(self, name: str) -> None:
        assert not is_auxiliary_contig(name)
