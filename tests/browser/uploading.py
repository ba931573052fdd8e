"""Files to upload, and a hand on the parts on their way to storage."""

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pysam
from playwright.sync_api import Locator, Page, Request, Response, Route

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248956422>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNA12878\n"
)
RECORD = "chrM\t3243\t.\tA\tG\t50\tPASS\t.\tGT\t0/1\n"
VCF = (HEADER + RECORD).encode()
LARGE = VCF + RECORD.encode() * 350_000  # three parts of 5 MiB

_FOLDER = tempfile.TemporaryDirectory()


class Parts:
    """Lets only some parts pass, by number from 1, and counts those that arrive."""

    def __init__(self, page: Page, *, passing: set[int]) -> None:
        self.passing = passing
        self.arrived: Counter[int] = Counter()
        self._held: list[Route] = []
        page.route("**", self._route)
        page.on("response", self._count)

    def release(self, numbers: set[int]) -> None:
        """This function will let these parts pass, whether they are held already or come later."""
        self.passing |= numbers
        for route in [route for route in self._held if _number(route.request.url) in numbers]:
            self._held.remove(route)
            route.continue_()

    def _route(self, route: Route) -> None:
        if not is_put(route.request):
            route.fallback()
        elif _number(route.request.url) in self.passing:
            route.continue_()
        else:
            self._held.append(route)

    def _count(self, response: Response) -> None:
        if is_put(response.request) and response.ok:
            self.arrived[_number(response.url)] += 1


@contextmanager
def before_the_scripts(page: Page) -> Iterator[None]:
    """This function will keep the script of the upload page back, so that a person is quicker than it."""
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.fallback()

    page.route(re.compile(r"/js/upload/page[^/]*\.js"), hold)
    yield
    is_held = False
    for route in held:
        route.continue_()


def on_disk(name: str, content: bytes) -> Path:
    """This function will give a file of that name, for a browser to read."""
    folder = Path(_FOLDER.name, hashlib.sha256(content).hexdigest())
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_bytes(content)
    return file


def choose(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Choose files").set_input_files(on_disk(name, content))


def row(page: Page, name: str) -> Locator:
    """This function will give the row of a file that was chosen on this visit."""
    return page.get_by_role("list", name="Files").get_by_role("listitem").filter(has_text=re.compile(re.escape(name)))


def is_put(request: Request) -> bool:
    return request.method == "PUT"


def hold_parts(page: Page) -> None:
    """This function will let no part arrive."""
    Parts(page, passing=set())


def bgzipped(folder: Path, content: bytes) -> bytes:
    path = folder / "x.gz"
    with pysam.BGZFile(str(path), "wb", None) as stream:
        stream.write(content)
    return path.read_bytes()


def _number(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["partNumber"][0])
