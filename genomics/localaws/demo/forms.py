"""Reads the forms of a page, so that they can be sent as a person does: by the words on a button, or on a link."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin


@dataclass(slots=True, kw_only=True)
class Form:
    """A form of a page: where it goes, what stands in it, and its buttons by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)  # words: what the button adds to the fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it came."""

    url: str
    html: str

    def form(self, button: str) -> Form:
        """This function will find the form that has a button with these words. Raises LookupError."""
        for form in _read(self).forms:
            if button in form.buttons:
                return form
        raise LookupError(f"{self.url} has no button “{button}”.")

    def button(self, *beginnings: str) -> str:
        """This function will give the words of the button that is, or begins with, one of these. Raises LookupError."""
        buttons = [words for form in _read(self).forms for words in form.buttons]
        found = [words for words in buttons if words in beginnings]
        found += [words for words in buttons if words.startswith(beginnings)]
        if found:
            return found[0]
        raise LookupError(f"{self.url} has no button “{'” or “'.join(beginnings)}”.")

    def link(self, words: str) -> str:
        """This function will give where a link with these words leads to. Raises LookupError."""
        for address, text in _read(self).links:
            if text.strip() == words:
                return address
        raise LookupError(f"{self.url} has no link “{words}”.")

    def section(self, title_id: str) -> str:
        """This function will give the words of the section that is labelled by an element; empty: there is none."""
        return " ".join(_read(self).sections.get(title_id, "").split())


def _read(page: Page) -> "_Reader":
    reader = _Reader(page.url)
    reader.feed(page.html)
    return reader


class _Reader(HTMLParser):
    """Goes through a page once and keeps forms and sections."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []  # address and words
        self.sections: dict[str, str] = {}
        self._url = url
        self._button: dict[str, str] | None = None  # None: outside of buttons
        self._link: str | None = None  # None: outside of links
        self._words = ""  # of the button or the link
        self._section = ""  # empty: outside of sections

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=urljoin(self._url, given.get("action", ""))))
        elif tag == "section":
            self._section = given.get("aria-labelledby", "")
        elif tag == "input" and self.forms and "name" in given:
            self._fill(given)
        elif tag == "button":
            self._button, self._words = given, ""
        elif tag == "a":
            self._link, self._words = urljoin(self._url, given.get("href", "")), ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._section = ""
        if tag == "button" and self._button is not None and self.forms:
            name = self._button.get("name")
            self.forms[-1].buttons[self._words.strip()] = {name: self._button.get("value", "")} if name else {}
            self._button = None
        if tag == "a" and self._link is not None:
            self.links.append((self._link, self._words))
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._button is not None or self._link is not None:
            self._words += data
        if self._section:
            self.sections[self._section] = self.sections.get(self._section, "") + data

    def _fill(self, given: dict[str, str]) -> None:
        if given.get("type") not in {"radio", "checkbox"} or "checked" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
