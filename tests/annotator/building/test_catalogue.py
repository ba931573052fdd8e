"""The catalogue names publishers, licences and checksums, and nothing that needs a licence of its own."""

from pathlib import Path

import pytest

from annotator.building.catalogue import chosen_sources, read_catalogue, redirected
from annotator.building.planning import known_tracks
from annotator.errors import InvalidReferenceError
from annotator.tracks import TRACKS


class TestOurCatalogue:
    def test_has_every_track_that_needs_a_source(self) -> None:
        for build, missing in (("GRCh38", {"mirna_sites"}), ("GRCh37", set[str]())):
            sources = chosen_sources(read_catalogue(), build=build, tracks=["all"])
            tracks = {track for source in sources for track in source.track_ids}
            assert {track.id for track in TRACKS if track.needs_source} - tracks == missing

    def test_has_one_source_of_each_id_for_each_build(self) -> None:
        catalogue = read_catalogue()
        assert len({(source.build, source.id) for source in catalogue}) == len(catalogue)

    def test_names_files_as_the_table_of_tracks_knows_them(self) -> None:
        for source in read_catalogue():
            if source.role in ("vcf", "table"):
                found = known_tracks(source.file_name(source.urls[0]), form=source.role)
                assert [track.id for track in found] == list(source.track_ids)

    def test_says_a_licence_for_everything(self) -> None:
        assert all(source.licence for source in read_catalogue())

    @pytest.mark.parametrize("word", ["chain", "liftover", "cosmic", "hgmd", "omim", "cadd"])
    def test_has_nothing_that_needs_a_licence(self, word: str) -> None:
        assert not any(word in url.lower() for source in read_catalogue() for url in source.urls)

    def test_fetches_from_the_web_only_encrypted(self) -> None:
        for source in read_catalogue():
            assert all(url.startswith("https://") for url in (*source.urls, *filter(None, [source.checksum_url])))


class TestChosenSources:
    def test_are_all_but_the_large_ones_by_default(self) -> None:
        chosen = {source.id for source in chosen_sources(read_catalogue(), build="GRCh38", tracks=None)}
        assert {"sequence", "models", "mane", "clinvar", "cytobands"} < chosen
        assert chosen.isdisjoint({"dbsnp", "gnomad", "gnomad_sv"})

    def test_always_hold_sequence_and_models(self) -> None:
        chosen = chosen_sources(read_catalogue(), build="GRCh37", tracks=["dbsnp"])
        assert [source.id for source in chosen] == ["sequence", "models", "dbsnp"]

    def test_may_be_empty_of_tracks(self) -> None:
        assert {source.role for source in chosen_sources(read_catalogue(), build="GRCh38", tracks=[])} == {
            *("fasta", "gff3", "mane")
        }

    def test_take_a_source_of_several_tracks_for_one_of_them(self) -> None:
        chosen = chosen_sources(read_catalogue(), build="GRCh38", tracks=["promoters"])
        assert chosen[-1].id == "cpg_islands"

    def test_refuse_what_is_not_there(self) -> None:
        with pytest.raises(InvalidReferenceError, match="nothing for GRCm39; it has GRCh37, GRCh38"):
            chosen_sources(read_catalogue(), build="GRCm39", tracks=None)
        with pytest.raises(InvalidReferenceError, match="no track mirna_sites; it has cl"):
            chosen_sources(read_catalogue(), build="GRCh38", tracks=["mirna_sites"])


class TestReadCatalogue:
    def test_spreads_an_address_over_the_chromosomes(self) -> None:
        (source,) = [one for one in read_catalogue() if (one.id, one.build) == ("gnomad", "GRCh38")]
        assert len(source.urls) == 24
        assert source.urls[22].endswith("chrX.vcf.bgz")

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ('role = "table"\nurls = ["https://h/x"]', "it has no licence|missing"),
            ('role = "table"\nlicence = "L"\nurls = []', "it has no address"),
            ('role = "odd"\nlicence = "L"\nurls = ["https://h/x"]', "role odd"),
            ('role = "table"\nlicence = "L"\nurls = ["ftp://h/x"]', r"not http\(s\)"),
            ('role = "table"\nlicence = "L"\nurls = ["https://h/x"]\nchecksum = "md5-list"', "no checksum_url"),
            ('role = "table"\nlicence = "L"\nurls = ["https://h/x"]\ntracks = ["nothing"]', "no track nothing"),
            ('role = "table"\nlicence = "L"\nurls = ["https://h/x"]\nodd = 1', "odd"),
        ],
    )
    def test_names_the_source_at_fault(self, tmp_path: Path, line: str, message: str) -> None:
        path = tmp_path / "c.toml"
        path.write_text(f'[[source]]\nid = "cnv"\nbuild = "GRCh38"\nname = "N"\n{line}\n')
        with pytest.raises(InvalidReferenceError, match=rf"source cnv: .*(?:{message})"):
            read_catalogue(path)

    def test_says_when_it_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "c.toml").write_text("no catalogue")
        with pytest.raises(InvalidReferenceError, match="cannot be read"):
            read_catalogue(tmp_path / "c.toml")


class TestRedirected:
    def test_keeps_the_host_as_a_folder(self) -> None:
        (source,) = [one for one in read_catalogue() if (one.id, one.build) == ("clinvar", "GRCh38")]
        moved = redirected(source, base_url="http://127.0.0.1:8000/")
        assert moved.urls == ("http://127.0.0.1:8000/ftp.ncbi.nlm.nih.gov/pub/clinvar/vcf_GRCh38/clinvar.vcf.gz",)
        assert moved.checksum_url == f"{moved.urls[0]}.md5"
