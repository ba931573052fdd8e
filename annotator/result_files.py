"""What the files of a result are called."""

from annotator.manifest import MANIFEST_NAME

LOG_NAME = "log.txt"

_FIXED = {"summary": "summary.json", "ledger": "ledger.json", "preview": "preview.json", "manifest": MANIFEST_NAME}
_INPUT_ENDINGS = (".vcf.gz", ".vcf.bgz", ".vcf", ".gz", ".bgz")


def stem_of(file_name: str) -> str:
    """The name of an input without the ending that says it is a VCF, in whatever case."""
    for ending in _INPUT_ENDINGS:
        if file_name.lower().endswith(ending) and len(file_name) > len(ending):
            return file_name[: -len(ending)]
    return file_name


def names_of(stem: str) -> dict[str, str]:
    """The names of the files by kind, but for the index, whose ending depends on the contigs, and the log."""
    return {"vcf": f"{stem}.annot.vcf.gz", "table": f"{stem}.variants.parquet", **_FIXED}
