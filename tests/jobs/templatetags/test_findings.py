from annotator.summary import Summary
from jobs.templatetags.findings import findings, quality


class TestFindings:
    def test_reads_what_the_annotator_writes(self) -> None:
        summary = Summary(transitions=4, transversions=2, identifiers_filled=3)
        summary.consequences.update({"missense_variant": 1, "intron_variant": 9})
        summary.impacts.update({"MODERATE": 1, "MODIFIER": 9})
        summary.classes.update({"SNV": 10})
        found = findings({**summary.to_json(), "clinvar_hits": 2})
        assert (found.variants, found.clinvar_hits, found.identifiers_filled, found.ti_tv) == (10, 2, 3, 2.0)
        assert (found.with_consequence, found.with_impact) == (10, 10)
        assert [(bar.label, bar.amount, bar.width) for bar in found.consequences] == [
            ("Intron", 9, "90.00%"),
            ("Missense", 1, "10.00%"),
        ]
        assert [(bar.code, bar.label, bar.share) for bar in found.impacts] == [
            ("MODERATE", "Moderate", 0.1),
            ("MODIFIER", "Modifier", 0.9),
        ]

    def test_stays_calm_with_an_empty_result(self) -> None:
        found = findings(Summary().to_json())
        assert (found.variants, found.consequences, found.impacts, found.ti_tv) == (0, [], [], None)

    def test_shows_a_dozen_consequences_and_counts_the_rest(self) -> None:
        found = findings({"variants_by_consequence": {f"term_{number}": number for number in range(1, 16)}})
        assert [bar.amount for bar in found.consequences] == list(range(15, 3, -1))
        assert found.more_consequences == 3

    def test_draws_a_bar_for_a_single_variant_among_millions(self) -> None:
        found = findings({"variants_by_impact": {"HIGH": 1, "MODIFIER": 5_000_000}})
        assert found.impacts[0].width == "0.40%"

    def test_brings_order_into_what_the_database_gives_in_any(self) -> None:
        found = findings(
            {
                "variants_by_impact": {"LOW": 1, "HIGH": 2, "MODERATE": 3, "MODIFIER": 4},
                "variants_by_clinvar_significance": {"Benign": 1, "Pathogenic": 2},
            }
        )
        assert [bar.code for bar in found.impacts] == ["HIGH", "MODERATE", "LOW", "MODIFIER"]
        assert [bar.code for bar in found.significances] == ["Pathogenic", "Benign"]

    def test_counts_clinvar_by_significance_and_names_the_commonest(self) -> None:
        counts = {"Pathogenic/Likely_pathogenic": 3} | {f"term_{number}": 1 for number in range(14)}
        found = findings({"variants_by_clinvar_significance": counts})
        assert (found.significances[0].label, found.significances[0].amount) == ("Pathogenic/Likely pathogenic", 3)
        assert (len(found.significances), found.more_significances) == (12, 3)

    def test_knows_het_per_hom_where_the_summary_does(self) -> None:
        assert findings({"genotypes": {"het": 3, "hom_alt": 2, "het_hom": 1.5}}).het_hom == 1.5
        assert findings({}).het_hom is None


class TestQuality:
    def test_reads_what_the_annotator_writes(self) -> None:
        summary = Summary(with_id=2, multi_allelic=1)
        summary.records_by_contig.update({"1": 8})
        summary.filters.update({"PASS": 6, "LowQual": 1})
        summary.genotypes.update({"het": 5, "hom_alt": 3})
        told = quality({**summary.to_json(), "samples": 2})
        assert told.has_something
        assert (told.pass_share, told.with_id_share, told.multi_allelic, told.samples) == (0.75, 0.25, 1, 2)
        assert (told.mean_quality, told.mean_depth) == (None, None)
        assert [(bar.label, bar.amount) for bar in told.genotypes] == [("Heterozygous", 5), ("Homozygous for ALT", 3)]

    def test_does_not_call_a_file_without_filters_bad(self) -> None:
        assert quality({"input": {"records": 3, "filters": {}}}).pass_share is None

    def test_has_nothing_to_say_of_a_result_of_an_older_version(self) -> None:
        assert not quality({"samples": 1}).has_something
