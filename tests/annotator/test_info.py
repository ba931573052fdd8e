"""INFO text and the names of our fields."""

from annotator.fields import FieldNames, without_keys
from annotator.info import InfoField, encode_value, join_per_allele


def names(*ids: str, taken: set[str] = frozenset()) -> FieldNames:  # type: ignore[assignment]
    fields = [InfoField(id=name, number=".", type="String", description='a "b" \\c') for name in ids]
    return FieldNames(fields, taken=frozenset(taken))


class TestEncodeValue:
    def test_leaves_nothing_that_a_vcf_would_misread(self) -> None:
        assert encode_value("a;b=c,d%e f:g|h\t") == "a%3Bb%3Dc%2Cd%25e%20f%3Ag%7Ch%09"


class TestJoin:
    def test_fills_alleles_without_a_hit_with_dots(self) -> None:
        assert join_per_allele([b"", b"A=1;B=2", b"A=3"]) == b"A=.,1,3;B=.,2,."

    def test_makes_one_list_for_each_key_and_not_for_each_value(self) -> None:
        class Entries(list[bytes]):
            asked = 0

            def __len__(self) -> int:
                self.asked += 1
                return super().__len__()

        entries = Entries([b"A=1;B=2"] * 100)
        join_per_allele(entries)
        assert entries.asked == 2


class TestFieldNames:
    def test_give_way_to_the_labs_own(self) -> None:
        ours = names("CSQ", "GENE", taken={"CSQ", "GC_CSQ"})
        assert ours.name_of == {"CSQ": "GC2_CSQ", "GENE": "GENE"}
        assert ours.renamed == {"CSQ": "GC2_CSQ"}
        assert ours.apply(b"CSQ=a;GENE=b") == b"GC2_CSQ=a;GENE=b"

    def test_find_undeclared_keys_only_as_whole_keys(self) -> None:
        ours = names("GENE", "CSQ")
        assert ours.clashing_keys(b"XGENE=1;GENE_ID=2;Y=GENE") == set()
        assert ours.clashing_keys(b"DP=1;GENE;CSQ=4") == {b"GENE", b"CSQ"}
        assert without_keys(b"GENE=1;GENE_ID=2", keys={b"GENE"}) == b"GENE_ID=2"

    def test_escape_descriptions(self) -> None:
        (line,) = names("CSQ").header_lines()
        assert line == '##INFO=<ID=CSQ,Number=.,Type=String,Description="a \\"b\\" \\\\c">'
