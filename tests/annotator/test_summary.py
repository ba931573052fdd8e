"""Counts that add up."""

import json
import pickle
import random
from typing import Any

import numpy as np
import pytest

from annotator.summary import FREQUENCIES, RecordColumns, Summary
from tests.annotator.rows import coded, columns, variants


def record_columns(count: int, *, seed: int = 5) -> dict[str, list[Any]]:
    chance = random.Random(seed)
    return {
        "contigs": ["chr2" if row < count // 3 else "chr1" for row in range(count)],
        "filters": [chance.choice(["PASS", "q10", None]) for _ in range(count)],
        "qualities": [chance.choice([np.nan, 0.1, 30.25, 1e300, np.inf]) for _ in range(count)],
        "have_id": [chance.random() < 0.3 for _ in range(count)],
        "alt_counts": [chance.choice([0, 1, 1, 2]) for _ in range(count)],
        "genotypes": [chance.choice(["0/1", "1/1", "./.", "nonsense", None]) for _ in range(count)],
        "depths": [chance.choice([-1, 10, 33]) for _ in range(count)],
    }


def records(rows: dict[str, list[Any]], *, start: int = 0, end: int | None = None) -> RecordColumns:
    cut = {name: values[start:end] for name, values in rows.items()}
    return RecordColumns(
        contigs=coded(cut["contigs"]),
        filters=coded(cut["filters"]),
        qualities=np.array(cut["qualities"]),
        have_id=np.array(cut["have_id"], np.bool_),
        alt_counts=np.array(cut["alt_counts"], np.int32),
        genotypes=coded(cut["genotypes"]),
        depths=np.array(cut["depths"], np.int32),
    )


def plain(**changed: Any) -> RecordColumns:
    """This function will give three records of no particular kind, but for what is changed."""
    given = {
        "contigs": coded(["chr1"] * 3),
        "filters": coded([None] * 3),
        "qualities": np.full(3, np.nan),
        "have_id": np.zeros(3, np.bool_),
        "alt_counts": np.ones(3, np.int32),
    }
    return RecordColumns(**{**given, **changed})


def changes(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {
        "chrom": coded(["chr1"] * len(pairs)),
        "pos": np.arange(1, len(pairs) + 1),
        "ref": coded([ref for ref, _ in pairs]),
        "alt": coded([alt for _, alt in pairs]),
    }


class TestMerge:
    def test_gives_the_same_for_every_cut(self) -> None:
        count = 500
        of_variants, of_records = variants(count), record_columns(count)
        chance = random.Random(6)
        given = np.array([chance.choice([np.nan, 0.3]) for _ in range(count)])

        def summary(step: int) -> str:
            whole = Summary()
            for start in range(0, count, step):
                part = Summary()
                part.add_records(records(of_records, start=start, end=start + step))
                part.add_variants(
                    columns(of_variants, start=start, end=start + step), input_frequencies=given[start : start + step]
                )
                part.track_hits["clinvar"] += step if start + step <= count else count - start
                whole.merge(pickle.loads(pickle.dumps(part)))
            return json.dumps(whole.to_json())

        direct = Summary()
        direct.add_records(records(of_records))
        direct.add_variants(columns(of_variants), input_frequencies=given)
        direct.track_hits["clinvar"] += count
        assert summary(1) == summary(7) == summary(250) == summary(500) == json.dumps(direct.to_json())

    def test_adds_to_nothing(self) -> None:
        part = Summary()
        part.add_records(plain())
        whole = Summary()
        whole.merge(part)
        assert whole == part

    def test_names_only_so_many_filters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("annotator.summary._MAX_FILTERS", 2)
        whole = Summary()
        for filters in (["a", "b", "c"], ["c", "a", "d"]):
            part = Summary()
            part.add_records(plain(filters=coded(filters)))
            whole.merge(part)
        found = whole.to_json()["input"]
        assert found["filters"] == {"a": 2, "b": 1}
        assert found["records_with_other_filters"] == 3
        assert found["records_without_filter"] == 0


class TestVariants:
    def test_are_counted_by_what_they_are(self) -> None:
        rows = variants(200)
        summary = Summary()
        summary.add_variants(columns(rows))
        found = summary.to_json()
        assert found["variants"] == 200
        for name, key in (
            ("class", "variants_by_class"),
            ("most_severe", "variants_by_consequence"),
            ("impact", "variants_by_impact"),
            ("chrom", "variants_by_chromosome"),
            ("clinvar_sig", "variants_by_clinvar_significance"),
        ):
            expected = {value: rows[name].count(value) for value in set(rows[name]) - {None}}
            assert found[key] == expected, name

    def test_are_named_from_the_most_severe_on(self) -> None:
        summary = Summary()
        summary.add_variants(columns(variants(200)))
        found = summary.to_json()
        assert list(found["variants_by_impact"]) == ["MODERATE", "LOW", "MODIFIER"]
        assert next(iter(found["variants_by_consequence"])) == "missense_variant"

    def test_are_transitions_or_transversions_wherever_the_change_stands(self) -> None:
        summary = Summary()
        summary.add_variants(
            changes(("A", "G"), ("c", "T"), ("A", "C"), ("TA", "TG"), ("A", "*"), ("A", "AC"), ("AC", "GT"), ("A", "N"))
        )
        assert (summary.transitions, summary.transversions, summary.ti_tv) == (3, 1, 3.0)

    def test_have_a_density_by_megabase(self) -> None:
        rows = changes(*[("A", "G")] * 5) | {
            "chrom": coded(["chr1", "chr1", "chr1", "chr2", "chr2"]),
            "pos": np.array([1, 1_000_000, 1_000_001, 3_500_000, 3_500_000]),
        }
        summary = Summary()
        summary.add_variants(rows)
        assert summary.to_json()["density"] == {
            "bases_per_bin": 1_000_000,
            "variants": {"chr1": [2, 1], "chr2": [0, 0, 0, 2]},
        }

    def test_have_a_spectrum_of_frequencies(self) -> None:
        rows = changes(*[("A", "G")] * 7) | {"gnomad_af": np.array([0, 0.01, 0.011, 1.0, np.nan, np.nan, 0.000001])}
        summary = Summary()
        summary.add_variants(rows, input_frequencies=np.array([0.9, 0.9, 0.9, 0.9, 0.3, np.nan, np.nan]))
        found = summary.to_json()["frequency_spectrum"]
        assert {entry["up_to"]: entry["variants"] for entry in found["classes"] if entry["variants"]} == {
            0.0: 1,
            0.00001: 1,
            0.01: 1,
            0.05: 1,
            0.5: 1,
            1.0: 1,
        }
        assert (found["from_gnomad"], found["from_input"], found["unknown"]) == (5, 1, 1)
        assert [entry["above"] for entry in found["classes"]] == [None, *FREQUENCIES[:-1]]

    def test_may_be_none(self) -> None:
        summary = Summary()
        summary.add_variants(changes())
        found = summary.to_json()
        assert (found["variants"], found["ti_tv"], found["density"]["variants"]) == (0, None, {})

    def test_may_be_given_as_strings_or_codes(self) -> None:
        summary = Summary()
        summary.add_variants(changes(("A", "G"), ("A", "G")) | {"clinvar_sig": [None, b"Benign"], "class": ["SNV"] * 2})
        found = summary.to_json()
        assert (found["variants"], found["variants_by_clinvar_significance"]) == (2, {"Benign": 1})

    def test_are_no_numbers(self) -> None:
        with pytest.raises(TypeError, match="class"):
            Summary().add_variants({"class": np.zeros(2)})


class TestRecords:
    def test_are_counted_by_chromosome_in_the_order_of_the_file(self) -> None:
        summary = Summary()
        summary.add_records(records(record_columns(30)))
        assert list(summary.to_json()["records_by_chromosome"].items()) == [("chr2", 10), ("chr1", 20)]

    def test_have_genotypes(self) -> None:
        summary = Summary()
        summary.add_records(plain(genotypes=coded(["0/1", "1|1", None])))
        found = summary.to_json()["genotypes"]
        assert (found["het"], found["hom_alt"], found["missing"], found["het_hom"]) == (1, 1, 1, 1.0)

    def test_have_means_of_what_is_there(self) -> None:
        summary = Summary()
        summary.add_records(plain(qualities=np.array([30.5, np.nan, 31.0]), depths=np.array([-1, 10, 21])))
        found = summary.to_json()["input"]
        assert (found["mean_quality"], found["records_without_quality"]) == (30.75, 1)
        assert (found["mean_depth"], found["records_without_depth"]) == (15.5, 1)

    def test_have_ids_and_several_alleles(self) -> None:
        summary = Summary()
        summary.add_records(plain(have_id=np.array([True, False, True]), alt_counts=np.array([1, 2, 0])))
        found = summary.to_json()["input"]
        assert (found["records"], found["records_with_id"], found["multi_allelic_records"]) == (3, 2, 1)

    def test_of_odd_names_are_shown_shortened(self) -> None:
        summary = Summary()
        summary.add_records(plain(contigs=coded(["HLA-" + "A" * 200] * 3)))
        (name,) = summary.to_json()["records_by_chromosome"]
        assert len(name) == 60
