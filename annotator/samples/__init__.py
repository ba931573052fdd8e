"""The sample file that the product ships."""

from pathlib import Path

SAMPLE_VCF = Path(__file__).parent / "sample.vcf"
SAMPLE_EXPECTED = Path(__file__).parent / "expected.json"
