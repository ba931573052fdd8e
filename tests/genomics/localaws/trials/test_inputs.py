import gzip

from annotator.inspection import HEAD_BYTES, inspect_head
from genomics.localaws.trials import inputs


class TestOfRecords:
    def test_is_the_same_file_each_time_and_a_good_vcf(self) -> None:
        sample = inputs.of_records(50)
        inputs.of_records.cache_clear()
        assert inputs.of_records(50) == sample
        lines = gzip.decompress(sample.content).decode().splitlines()
        assert sum(not line.startswith("#") for line in lines) == 50
        inspect_head(sample.content[:HEAD_BYTES], file_name=sample.name)


class TestBrokenAfter:
    def test_lacks_a_column_in_its_last_record_alone(self) -> None:
        records = [
            line for line in gzip.decompress(inputs.broken_after(5).content).splitlines() if not line.startswith(b"#")
        ]
        assert [len(record.split(b"\t")) for record in records] == [8] * 5 + [7]
