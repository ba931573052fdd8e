"""The list of jobs: what its address asks for, and one page of it in the same few queries for any number of jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, OrderBy, Value, When
from django.db.models.functions import Lower
from django.urls import reverse

from genomics.users.models import Lab, User
from jobs.models import Job, JobQuerySet, Status

PAGE_SIZE = 25
ALL_LABS = "all"
STATUSES = (
    Status.PENDING,
    Status.RUNNING,
    Status.COMPLETED,
    Status.ARCHIVING,
    Status.ARCHIVED,
    Status.RESTORING,
    Status.FAILED,
    Status.CANCELLED,
)  # in the order of a job's life
_DEFAULT_SORT = "-submitted"
_LONGEST_SEARCH = 200
_BY_LIFE = Case(*(When(status=status, then=Value(number)) for number, status in enumerate(STATUSES)))
_COLUMNS: dict[str, tuple[Any, str]] = {
    "name": (Lower("name"), "File"),
    "reference": (F("reference"), "Reference"),
    "size": (F("input_size_bytes"), "Size"),
    "status": (_BY_LIFE, "Status"),
    "records": (F("records_read"), "Records"),
    "submitted": (F("submitted_at"), "Submitted"),
}
_FALLING_FIRST = {"size", "records", "submitted"}  # the first click on such a column shows the largest or latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the address of the list asks for; anything that makes no sense there counts as not asked."""

    search: str
    status: Status | None  # None: any
    sort: str  # a column, with "-" for falling
    labs: tuple[Lab, ...]  # whose jobs are shown
    lab: str  # as the address names them; empty: the chosen lab
    page: str

    @classmethod
    def of(cls, query: Mapping[str, str], *, labs: Sequence[Lab], chosen: Lab | None) -> "Request":
        """This function will read an address; `labs` are the user's own, and `chosen` is what pages are about."""
        status, sort, lab = query.get("status", ""), query.get("sort", ""), query.get("lab", "")
        shown = tuple(one for one in labs if lab in {ALL_LABS, str(one.pk)})
        return cls(
            search=query.get("q", "").strip().replace("\0", "")[:_LONGEST_SEARCH],
            status=Status(status) if status in STATUSES else None,
            sort=sort if sort.removeprefix("-") in _COLUMNS else _DEFAULT_SORT,
            labs=shown or ((chosen,) if chosen else ()),
            lab=lab if shown else "",
            page=query.get("page", ""),
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.search or self.status)

    @property
    def reset(self) -> str:
        """The address of this list with nothing left out."""
        return self.address(q="", status="")

    def address(self, **changes: str) -> str:
        """This function will give the query string of this list with `changes`; without a page it is the first."""
        asked = {"q": self.search, "status": self.status or "", "lab": self.lab, "sort": self.sort, **changes}
        if asked["sort"] == _DEFAULT_SORT:
            del asked["sort"]
        return reverse("jobs:list") + "?" + urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's head: its label, how the list is sorted by it now, and where a click leads."""

    name: str
    label: str
    order: str  # "ascending", "descending", or empty
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """One way to sort, for lists that show no heads of columns."""

    value: str
    label: str


def page(request: Request, *, user: User) -> Page[Job]:
    """This function will give the page that was asked for, or the nearest there is.

    The page is cut from identifiers, which an index alone can give; only its own rows are then read in full.
    """
    keys = _ordered(_asked(request), sort=request.sort).values_list("pk", flat=True)
    paginator: Paginator[Any] = Paginator(keys, PAGE_SIZE)
    found = paginator.get_page(request.page or 1)
    wanted = list(found.object_list)
    rows = Job.objects.visible_to(user).filter(pk__in=wanted).select_related("lab", "owner").defer("summary").in_bulk()
    return Page([rows[key] for key in wanted if key in rows], found.number, paginator)


def columns(request: Request) -> list[Column]:
    return [_column(name, label, request) for name, (_, label) in _COLUMNS.items()]


def sorts() -> list[Sort]:
    return [
        Sort(value=f"{sign}{name}", label=f"{label}, {words}")
        for name, (_, label) in reversed(_COLUMNS.items())
        for sign, words in _directions(name)
    ]


def _asked(request: Request) -> JobQuerySet:
    jobs = Job.objects.listed(request.labs)
    if request.status:
        jobs = jobs.filter(status=request.status)
    return jobs.filter(name__icontains=request.search) if request.search else jobs


def _ordered(jobs: JobQuerySet, *, sort: str) -> JobQuerySet:
    name = sort.removeprefix("-")
    unknown_last = True if sort == "-records" else None  # elsewhere nothing is unknown, and the index has its order
    order = OrderBy(_COLUMNS[name][0], descending=sort.startswith("-"), nulls_last=unknown_last)
    return jobs.order_by(order, "pk") if name == "submitted" else jobs.order_by(order, "-submitted_at", "pk")


def _column(name: str, label: str, request: Request) -> Column:
    order = {name: "ascending", f"-{name}": "descending"}.get(request.sort, "")
    falls = order == "ascending" or (not order and name in _FALLING_FIRST)
    return Column(name=name, label=label, order=order, address=request.address(sort=f"-{name}" if falls else name))


def _directions(name: str) -> list[tuple[str, str]]:
    match name:
        case "submitted":
            return [("-", "latest first"), ("", "oldest first")]
        case "size" | "records":
            return [("-", "most first"), ("", "fewest first")]
        case "status":
            return [("", "waiting first"), ("-", "ended first")]
    return [("", "A to Z"), ("-", "Z to A")]
