from annotator.summary import Summary
from jobs.templatetags.findings import findings


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
