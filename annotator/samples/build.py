"""Make the sample: real pathogenic variants of ClinVar in well-known genes, as one person's VCF on GRCh38.

    python -m annotator.samples.build OUTPUT.vcf

Positions and alleles come from the starter reference's ClinVar track; genotypes, depths and qualities are made up
(derived from the position, so that the same reference gives the same bytes).
"""

import argparse
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from annotator.manifest import Contig
from annotator.reference import STARTER_FOLDER, Reference
from annotator.sites import Site

SAMPLE_NAME = "DEMO"
SITES_PER_GENE = 3

_GENE_TEXT = """
    MTHFR LMNA F5 MUTYH MSH2 MSH6 APOB LDLR MLH1 VHL RHO SCN5A FGFR3 HTT PKD2 APC SMN1 NSD1 HFE CYP21A2 CFTR BRAF
    EGFR MET NF1 CHD7 TSC1 COL5A1 CDKN2A RET PTEN HBB KCNQ1 WT1 ATM MEN1 KRAS PAH VWF PTPN11 BRCA2 GJB2 RB1 ATP7B
    MYH7 SERPINA1 PSEN1 FBN1 HEXA UBE3A TSC2 PALB2 PKD1 BRCA1 TP53 COL1A1 SMAD4 NPC1 STK11 RYR1 NOTCH3 JAG1 PRNP
    SOD1 APP RUNX1 NF2 CHEK2 DMD MECP2 F8 F9 SHOX GLA SRY
"""
GENES = frozenset(_GENE_TEXT.split())
_FAMOUS_TEXT = """
    7:117559590:ATCT:A 7:140753336:A:T 11:5227002:T:A 12:25245350:C:T 12:102840493:G:A 13:20189546:AC:A
    13:32340300:GT:G 17:7675088:C:T 17:43057062:T:TG 17:43124027:ACT:A
    MT:3243:A:G MT:3460:G:A MT:8993:T:G MT:11778:G:A MT:14484:T:C
"""
FAMOUS = frozenset(_FAMOUS_TEXT.split())

_HEADER = """##fileformat=VCFv4.2
##reference=GRCh38
##source=Sample of Genomics Cloud: ClinVar 2024-12-15 by way of ideogram 1.53.0 (CC0-1.0); genotypes are made up
{contigs}
##FILTER=<ID=PASS,Description="All filters passed">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Read depth">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads by allele">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Read depth">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}
"""


def sample_text(reference: Reference) -> str:
    """The whole sample as text."""
    contigs = "\n".join(
        f"##contig=<ID={_name(contig)},length={contig.length},assembly=GRCh38>" for contig in reference.manifest.contigs
    )
    records = [record for contig in reference.manifest.contigs for record in _records(reference, contig)]
    return _HEADER.format(contigs=contigs, sample=SAMPLE_NAME) + "".join(records)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sample."""
    parser = argparse.ArgumentParser(prog="python -m annotator.samples.build", description=__doc__)
    parser.add_argument("output", type=Path)
    options = parser.parse_args(arguments)
    options.output.write_text(sample_text(Reference(STARTER_FOLDER)), encoding="ascii")
    return 0


def _records(reference: Reference, contig: Contig) -> Iterator[str]:
    (track,) = reference.site_tracks
    regions = reference.regions(contig)
    taken: dict[str, int] = {}
    used: set[tuple[int, bytes]] = set()
    for famous, site in _sorted_sites(contig, reference.sites(track, contig=contig)):
        if (site.position, site.ref) in used:
            continue
        if not famous and not _is_shown(site):
            continue
        genes = _genes(regions.text_on(site.position, site.position)) & GENES
        gene = min(genes, default="")
        if famous or (gene and taken.get(gene, 0) < SITES_PER_GENE):
            taken[gene] = taken.get(gene, 0) + 1
            used.add((site.position, site.ref))
            yield _line(contig, site)


def _sorted_sites(contig: Contig, sites: Iterable[Site]) -> list[tuple[bool, Site]]:
    """By position; where several alleles share one, a famous allele comes first."""
    marked = [
        (f"{contig.name}:{site.position}:{site.ref.decode()}:{site.alt.decode()}" in FAMOUS, site) for site in sites
    ]
    return sorted(marked, key=lambda pair: (pair[1].position, not pair[0], pair[1].ref, pair[1].alt))


def _is_shown(site: Site) -> bool:
    return b"CLINVAR_SIG=Pathogenic;" in site.text and len(site.ref) + len(site.alt) < 20


def _genes(text: bytes) -> set[str]:
    values = dict(item.partition("=")[::2] for item in text.decode().split(";"))
    return set(values.get("GENE", "").split(","))


def _line(contig: Contig, site: Site) -> str:
    number = zlib.crc32(f"{contig.name}:{site.position}:{site.alt.decode()}".encode())
    depth = 24 + number % 41
    haploid = contig.name in ("MT", "Y")
    alternate = depth if haploid else depth // 2 + number % 5
    genotype = "1" if haploid else "0/1"
    columns = (
        _name(contig),
        str(site.position),
        ".",
        site.ref.decode(),
        site.alt.decode(),
        str(200 + number % 800),
        "PASS",
        f"DP={depth}",
        "GT:AD:DP",
        f"{genotype}:{depth - alternate},{alternate}:{depth}",
    )
    return "\t".join(columns) + "\n"


def _name(contig: Contig) -> str:
    return "chrM" if contig.name == "MT" else f"chr{contig.name}"


if __name__ == "__main__":
    sys.exit(main())
