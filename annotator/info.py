"""The text of INFO fields: their definitions, header lines, percent-encoding and union."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Percent first: the others bring percent signs in. Space and pipe are ours, see `encode_value`.
_RESERVED = str.maketrans(
    {
        "%": "%25",
        ":": "%3A",
        ";": "%3B",
        "=": "%3D",
        ",": "%2C",
        "\r": "%0D",
        "\n": "%0A",
        "\t": "%09",
        " ": "%20",
        "|": "%7C",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoField:
    """One INFO field that the annotator can add."""

    id: str
    number: str
    type: str
    description: str
    source: str = ""  # empty: the description says it
    version: str = ""

    def header_line(self, *, name: str) -> str:
        """The `##INFO` line, without its end, for the field under the name it got in this file."""
        description = self.description.replace("\\", "\\\\").replace('"', '\\"')
        origin = f',Source="{self.source}",Version="{self.version}"' if self.source else ""
        return f'##INFO=<ID={name},Number={self.number},Type={self.type},Description="{description}"{origin}>'

    @classmethod
    def from_json(cls, value: dict[str, Any], *, source: str, version: str) -> "InfoField":
        return cls(
            id=value["id"],
            number=value["number"],
            type=value["type"],
            description=value["description"],
            source=source,
            version=version,
        )


def encode_value(text: str) -> str:
    """Percent-encode one value.

    The VCF specification (4.3 and later) reserves `: ; = % ,` and line ends. Spaces are encoded too, because VCF 4.2
    and older forbid them, and the pipe, because it separates parts inside our own values.
    """
    return text.translate(_RESERVED)


def encode_list(values: Iterable[str]) -> str:
    """Percent-encode the values and join them with commas."""
    return ",".join(encode_value(value) for value in values)


def join_per_allele(entries: list[bytes]) -> bytes:
    """Join `KEY=value` texts, one per ALT allele and empty for an allele without a hit, into `Number=A` lists."""
    values_of: dict[bytes, list[bytes]] = {}
    for index, entry in enumerate(entries):
        for item in entry.split(b";") if entry else ():
            key, _, text = item.partition(b"=")
            if key not in values_of:
                values_of[key] = [b"."] * len(entries)
            values_of[key][index] = text
    return b";".join(key + b"=" + b",".join(values) for key, values in values_of.items())
