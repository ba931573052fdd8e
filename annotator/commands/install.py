"""`reference install`: fetch a reference's sources from their publishers, and build it."""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.building.build import Built
from annotator.building.catalogue import (
    CATALOGUE_FILE,
    CatalogueSource,
    chosen_sources,
    read_catalogue,
    redirected,
)
from annotator.building.download import DownloadError
from annotator.building.installing import (
    PARALLEL_DOWNLOADS,
    Seen,
    alone,
    build_from,
    fetch_all,
    items_of,
    look_at,
    require_space,
)
from annotator.commands.bars import Bars
from annotator.commands.reference import references_folder, termination_as_interrupt
from annotator.errors import InvalidReferenceError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

EXIT_FINE = 0
EXIT_OURS = 1
EXIT_INTERRUPTED = 130

DOWNLOADS_FOLDER = ".downloads"
_UNVERIFIED = "unverified"


def add(actions: "Commands") -> None:
    """Add `install` to the actions of `reference`."""
    parser = actions.add_parser(
        "install",
        help="fetch a reference from its publishers",
        description="Fetch the sequence, gene models and tracks of a genome build from their publishers, and build a "
        "reference from them. Interrupted, it goes on where it stopped.",
    )
    parser.add_argument("build", help="genome build: GRCh38 or GRCh37")
    parser.add_argument("--tracks", metavar="A,B", help="tracks to install; `all`; default: all but the largest")
    parser.add_argument("--dry-run", action="store_true", help="say what would be fetched, how large, which licence")
    parser.add_argument("--references", type=Path, metavar="DIR", help="where references lie")
    parser.add_argument("--name", help="what people call it; default: the build")
    parser.add_argument("--version", help="tells it from others of its name; default: that of the gene models")
    parser.add_argument("--catalogue", type=Path, default=CATALOGUE_FILE, metavar="FILE", help="default: the product's")
    parser.add_argument("--base-url", metavar="URL", help="a mirror: URL/host/path instead of https://host/path")
    parser.add_argument("--parallel", type=int, default=PARALLEL_DOWNLOADS, metavar="N", help="files at a time")
    parser.add_argument("--keep-downloads", action="store_true", help="leave the fetched files in DIR/.downloads")
    parser.set_defaults(run=_install)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    name: str
    version: str
    output: Path
    downloads: Path


def _install(options: argparse.Namespace) -> int:
    catalogue = read_catalogue(options.catalogue)
    tracks = None if options.tracks is None else [track.strip() for track in options.tracks.split(",") if track.strip()]
    sources = chosen_sources(catalogue, build=options.build, tracks=tracks)
    if options.base_url:
        sources = tuple(redirected(source, base_url=options.base_url) for source in sources)
    target = _target(options, sources)
    seen = look_at(items_of(sources, folder=target.downloads), parallel=options.parallel)
    left_out = [source for source in catalogue if source.build == options.build and source.id not in _ids(sources)]
    _print_plan(seen, sources=sources, left_out=left_out, target=target)
    if options.dry_run:
        return EXIT_FINE
    return _fetch_and_build(seen, target=target, options=options)


def _target(options: argparse.Namespace, sources: Sequence[CatalogueSource]) -> _Target:
    folder = options.references or references_folder()
    name = options.name or options.build
    version = options.version or next((one.version for one in sources if one.role == "gff3"), "") or "1"
    output = folder / f"{name}-{version}".replace("/", "_")
    if output.exists() and not options.dry_run:
        raise InvalidReferenceError(f"{output} is installed already. Remove it first, or give --version another value.")
    return _Target(name=name, version=version, output=output, downloads=folder / DOWNLOADS_FOLDER / options.build)


def _fetch_and_build(seen: Sequence[Seen], *, target: _Target, options: argparse.Namespace) -> int:
    bars = Bars()
    try:
        with alone(target.downloads), termination_as_interrupt():
            built = _built(seen, target=target, parallel=options.parallel, bars=bars)
    except KeyboardInterrupt:
        bars.close()
        print("error: interrupted; run it again to go on from here", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BaseException:
        bars.close()
        raise
    bars.close()
    for remark in built.remarks:
        print(f"note: {remark}", file=sys.stderr)
    if not options.keep_downloads:
        shutil.rmtree(target.downloads)
    print(f"{built.manifest.label} is installed in {target.output}")
    return EXIT_FINE


def _built(seen: Sequence[Seen], *, target: _Target, parallel: int, bars: Bars) -> Built:
    faults = [one.fault for one in seen if one.fault]
    if faults:
        raise DownloadError(" ".join(faults))
    require_space(seen, folder=target.downloads)
    remotes = fetch_all(seen, listener=bars, parallel=parallel)
    return build_from(
        {one.item: remotes[one.item] for one in seen},
        name=target.name,
        version=target.version,
        output=target.output,
        listener=bars,
    )


def _print_plan(
    seen: Sequence[Seen],
    *,
    sources: Sequence[CatalogueSource],
    left_out: Sequence[CatalogueSource],
    target: _Target,
) -> None:
    print(f"{target.name} {target.version} -> {target.output}")
    total, unknown = 0, 0
    for source in sources:
        of_source = [one for one in seen if one.item.source.id == source.id]
        sizes = [one.size_bytes for one in of_source]
        known = sum(size for size in sizes if size is not None)
        total += known
        unknown += sizes.count(None)
        print(f"\n{source.name}{f', version {source.version}' if source.version else ''}")
        print(f"  makes     {', '.join(source.track_ids) or source.role}")
        print(f"  size      {_size_text(known, missing=sizes.count(None), files=len(sizes), hint=source.size_hint)}")
        print(f"  licence   {source.licence} ({_UNVERIFIED})")
        print(f"  checksum  {_CHECKSUM_TEXTS[source.checksum]}")
        for one in of_source[:2]:
            print(f"  from      {one.item.url}{'' if one.remote else f' ({_UNVERIFIED})'}{_state(one)}")
        if len(of_source) > 2:
            print(f"            … {len(of_source) - 2} more")
    print(f"\nTo fetch: {_size(total)}" + (f", and {unknown} files of unknown size" if unknown else ""))
    if left_out:
        names = ", ".join(track for source in left_out for track in source.track_ids)
        print(f"Left out: {names} (ask for them with --tracks)")


_CHECKSUM_TEXTS = {
    "md5-file": "MD5, from the publisher",
    "md5-list": "MD5, from the publisher's list",
    "bsd-sums": "sum, from the publisher's list",
    "google-header": "MD5, told by the server",
    "none": "none is published; the size is compared",
}


def _state(one: Seen) -> str:
    if one.is_here:
        return ", here already"
    return f"\n            {one.fault}" if one.fault else ""


def _size_text(known: int, *, missing: int, files: int, hint: str) -> str:
    if missing == files:
        return f"{hint} ({_UNVERIFIED})" if hint else "unknown"
    return _size(known) + (f" in {files} files" if files > 1 else "") + (f", {missing} unknown" if missing else "")


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count / 1000:.1f} kB"


def _ids(sources: Sequence[CatalogueSource]) -> set[str]:
    return {source.id for source in sources}
