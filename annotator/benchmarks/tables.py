"""Tables in Markdown, which are plain to read in a terminal too, and the line that says what numbers hold for."""

import os
import platform
import re
import time
from collections.abc import Sequence
from pathlib import Path

_NUMBER = re.compile(r"[\d,.]+( \S{1,3})?")
_CPU_INFO = Path("/proc/cpuinfo")


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Write rows, the first of which is the head; numbers stand to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["| " + " | ".join(map(_aligned, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine() -> str:
    """Name date and machine."""
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {os.cpu_count()} cores ({_processor()}), "
        f"Python {platform.python_version()}, load average before: {load:.1f}"
    )


def _aligned(cell: str, width: int) -> str:
    return cell.rjust(width) if _NUMBER.fullmatch(cell) else cell.ljust(width)


def _processor() -> str:
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
