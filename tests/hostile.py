"""What somebody might write into a file, a name or a form to reach another person's browser, mail or terminal."""

import unicodedata
from html.parser import HTMLParser

SCRIPT = "<script>alert(1)</script>"
HANDLER = "<img src=x onerror=alert(1)>"
TEMPLATE = "{{7*7}}{% debug %}${7*7}"
QUOTES = "\"'><b>`"
FORMULA = "=cmd|calc!A1"
TURNED = "\u202egpj.exe\u2066"
INVISIBLE = "a\u200bb\ufeff"
ESCAPES = "\x1b[31m\x1b]0;owned\x07\x9b2J"
HEADERS = "x\r\nBcc: victim@elsewhere.example\r\n\r\n<b>"
LONG = "W" * 180

ALL = {
    "script": SCRIPT,
    "handler": HANDLER,
    "template": TEMPLATE,
    "quotes": QUOTES,
    "formula": FORMULA,
    "turned": TURNED,
    "invisible": INVISIBLE,
    "escapes": ESCAPES,
    "headers": HEADERS,
    "long": LONG,
}

# Names that uploads accept: everything in them can be seen, and there are no slashes.
FILE_NAMES = {
    "markup": "<svg onload=alert(1)><img src=x onerror=alert(1)>\"'.vcf",
    "template": "{{7*7}}{% debug %}${7*7} & ; %0d%0aSet-Cookie: a=b.vcf",
    "formula": "=cmd|calc!A1.vcf",
    "tilde": "a~b~c ../..~.vcf".replace("/", "_"),
    "long": "W" * 190 + ".vcf",
    "letters": "Ünïcödé 様 🧬.vcf",
}


def vcf(*texts: str, damage: str = "") -> bytes:
    """This function will give a VCF with the texts in every place that is free; `damage` stands for the last POS."""
    head = ["##fileformat=VCFv4.2", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    samples, records = [], []
    for number, text in enumerate(texts):
        word = "".join(letter for letter in "".join(text.split()) if letter not in ";,=:")
        quoted = text.replace('"', "")
        head += [
            f"##source={text}",
            f"##{word}={text}",
            f'##contig=<ID=chrM,length=16569,assembly="{quoted}">' if not number else f"##note{number}=<ID={word}>",
            f'##INFO=<ID=NOTE{number},Number=1,Type=String,Description="{quoted}">',
            f'##FILTER=<ID=ODD{number},Description="{quoted}">',
        ]
        samples.append(f"{number}{word}")
        records += [
            ("chrM", str(3460 + number), word, "N", "A", "50", f"ODD{number}", f"NOTE{number}={word}"),
            ("chrM", str(3460 + number), ".", "N", "C", "50", word, f"{word}=1;{word}"),
        ]
    if damage:
        records.append(("chrM", damage, ".", "N", "A", "50", "PASS", "."))
    head.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    rows = ["\t".join([*record, "GT", *["0/1"] * len(samples)]) for record in records]
    lines = [line.replace("\r", "").replace("\n", "") for line in [*head, *rows]]
    return "".join(f"{line}\n" for line in lines).encode()


class Page(HTMLParser):
    """A page as a browser reads it, with what must not be in it: scripts, handlers, foreign elements."""

    _FORBIDDEN = frozenset({"b", "iframe", "object", "embed", "base", "marquee"})

    def __init__(self, content: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._in_script = False
        self.feed(content)
        self.wrong += [f"raw {character!r}" for character in set(content) if _is_unfit(character)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_script = tag == "script" and values.get("type") != "application/json"
        if tag in self._FORBIDDEN or (tag == "img" and values.get("src") == "x"):
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text")):
                self.wrong.append(f"<{tag} {name}={value}>")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.wrong.append(f"a script in the page: {data.strip()[:60]}")


def _is_unfit(character: str) -> bool:
    """This function will tell whether a terminal or an editor would obey the character."""
    return unicodedata.category(character) == "Cc" and character not in "\n\t\r"
