"""Pages as far as a person needs them: the forms, what stands in them, and their buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_TYPED = {"text", "email", "hidden", "password", "search", "tel", "number", ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    name: str
    value: str


@dataclass(slots=True, kw_only=True)
class Form:
    """One form, filled in as the page offers it."""

    action: str  # empty: the page's own address
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def sent(self, button: Button, typed: Mapping[str, str]) -> dict[str, str]:
        """This function will give what is sent when a button is pressed, and some fields were typed over before."""
        return {**self.fields, **typed, button.name: button.value}


def forms_of(page: str) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_with(page: str, button: Button) -> Form:
    """This function will find the form that has a button. Raises LookupError."""
    for form in forms_of(page):
        if button in form.buttons:
            return form
    raise LookupError(f"The page has no button {button.value}.")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(action=given.get("action", "")))
            self._is_inside = True
        elif self._is_inside and tag == "input":
            self._read_input(self.forms[-1], given)
        elif self._is_inside and tag == "button":
            self.forms[-1].buttons.append(Button(name=given.get("name", ""), value=given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False

    @staticmethod
    def _read_input(form: Form, given: dict[str, str]) -> None:
        kind, name = given.get("type", ""), given.get("name", "")
        if name and (kind in _TYPED or (kind in {"radio", "checkbox"} and "checked" in given)):
            form.fields[name] = given.get("value", "")
