"""Numbers, times and names in people's words, for templates."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.html import strip_tags

from genomics.users.models import User
from jobs.models import Job, Kind, Status

register = template.Library()

_UNITS = ("kB", "MB", "GB", "TB")
_ACTORS = {
    "worker": "A worker",
    "sweep": "The automatic check",
    "billing": "Billing",
    "admin": "An administrator",
}
_PURPOSES = {
    Kind.VCF: "Your records, with what was found added to INFO",
    Kind.INDEX: "Lets genome browsers and tabix jump to a region",
    Kind.TABLE: "One row for each variant, for pandas, R or DuckDB",
    Kind.SUMMARY: "The numbers of this page, for programs",
    Kind.LEDGER: "What became of each record, and why",
    Kind.MANIFEST: "What the result was made of, to verify or repeat it",
}


@register.filter
def size(size_bytes: int) -> str:
    """This function will give a size in decimal units, as disks and browsers count: 150000 → “150 kB”."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes" if size_bytes != 1 else "1 byte"
    amount = size_bytes / 1000
    unit = 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f} {_UNITS[unit]}" if amount >= 100 or amount == int(amount) else f"{amount:.1f} {_UNITS[unit]}"


@register.filter
def count(number: int | None) -> str:
    """This function will group a number's digits by thousands; a dash stands for a number not known yet."""
    return "–" if number is None else f"{number:,}"


@register.filter
def percent(fraction: float) -> str:
    """This function will write a share (0 to 1) as a percentage that never rounds to nothing or to all."""
    if 0 < fraction < 0.001:
        return "<0.1 %"
    if 0.995 <= fraction < 1:
        return f"{min(fraction * 100, 99.9):.1f} %"
    return f"{fraction * 100:.1f} %" if fraction < 0.1 else f"{fraction * 100:.0f} %"


@register.filter
def duration(length: timedelta | None) -> str:
    """This function will write a length of time with its two largest units: “2 min 5 s”."""
    if length is None:
        return "–"
    seconds = max(0, round(length.total_seconds()))
    if seconds < 1:
        return "under 1 s"
    units = [("d", seconds // 86400), ("h", seconds // 3600 % 24), ("min", seconds // 60 % 60), ("s", seconds % 60)]
    first = next(index for index, (_, amount) in enumerate(units) if amount)
    return " ".join(f"{amount} {unit}" for unit, amount in units[first : first + 2] if amount)


@register.filter
def initials(name: str) -> str:
    """This function will give one or two capitals for a person: “Ana Novak” → “AN”, “ana@lab.example” → “A”.

    Markup and signs do not count; a name without any letter gives “?”.
    """
    words = strip_tags(name).partition("@")[0].replace(".", " ").replace("_", " ").split()
    firsts = [letter for word in words if (letter := next(filter(str.isalpha, word), ""))]
    return "".join(firsts[:1] + firsts[1:][-1:]).upper() or "?"


@register.filter
def actor_name(actor: str, user: User) -> str:
    """This function will say who moved a job, as the given user would say it."""
    kind, _, identity = actor.partition(":")
    if kind == "user":
        return "You" if identity == str(user.pk) else "A member of the lab"
    return _ACTORS.get(kind, "The system")


@register.filter
def failure_place(job: Job) -> str:
    """This function will say where in the input a failed job met its reason: “line 1,040, column CHROM”, or nothing."""
    line = "" if job.failure_line is None else f"line {job.failure_line:,}"
    column = f"column {job.failure_column}" if job.failure_column else ""
    return ", ".join(filter(None, (line, column)))


@register.filter
def purpose(kind: str) -> str:
    """This function will say what a file of a result is good for; nothing of one that says so itself."""
    return _PURPOSES.get(Kind(kind), "")


@register.filter
def run_time(job: Job) -> timedelta | None:
    """This function will give how long the latest attempt took, or has taken so far; None before it began."""
    if job.started_at is None:
        return None
    end = timezone.now() if job.status == Status.RUNNING else job.finished_at
    return end - job.started_at if end else None
