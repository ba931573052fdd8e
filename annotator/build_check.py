"""Does a header belong to the genome build of the reference?"""

from annotator.contigs import ContigTable
from annotator.errors import InvalidVcfError
from annotator.header import VcfHeader
from annotator.quoting import excerpt
from annotator.wording import counted


def check_build(header: VcfHeader, *, contigs: ContigTable) -> None:
    """This function will refuse a header that belongs to another build, by its contigs' lengths or its own words.

    A header that does not say is taken; the records then tell.
    """
    build = contigs.build
    advice = f"Send the file on {build}, or lift it over first, for example with Picard's LiftoverVcf."
    for declared in header.contigs:
        contig = contigs.find(declared.name)
        if contig is not None and declared.length is not None and declared.length != contig.length:
            other = f" It looks like {header.build}." if header.build and header.build != build else ""
            raise InvalidVcfError(
                "WRONG_BUILD",
                message=(
                    f"The header says that {excerpt(declared.name)} has {counted(declared.length, 'base')}; "
                    f"in {build} it has {contig.length:,}.{other}"
                ),
                advice=advice,
                line=declared.line,
            )
    if header.build is not None and header.build != build:
        raise InvalidVcfError(
            "WRONG_BUILD",
            message=f"The header says that the file is on {header.build}, not on {build}.",
            advice=advice,
        )
