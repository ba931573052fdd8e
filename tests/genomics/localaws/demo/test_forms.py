"""Forms are found by the words on their buttons and sent as a browser would."""

import pytest

from genomics.localaws.demo.forms import Page

_PAGE = Page(
    url="http://localhost:1/labs/7/",
    html="""
    <section aria-labelledby="plan"><h2 id="plan">Plan</h2> <p>Free,
       for now</p></section>
    <p>outside</p>
    <form method="post" action="/subscribe/">
      <input type="hidden" name="token" value="t">
      <input type="radio" name="price" value="monthly"><input type="radio" name="price" value="yearly" checked>
      <input type="checkbox" name="mails" value="1">
      <button type="submit"> <svg></svg> Go on </button>
    </form>
    <form method="post">
      <input name="number">
      <button name="action" value="pay">Pay</button> <button name="action" value="skip">Skip</button>
    </form>
    <a href="../">Back <b>home</b></a>
    """,
)


class TestForm:
    def test_is_found_by_its_button(self) -> None:
        form = _PAGE.form("Go on")
        assert form.action == "http://localhost:1/subscribe/"
        assert form.fields == {"token": "t", "price": "yearly"}
        assert form.buttons == {"Go on": {}}

    def test_goes_to_its_own_page_without_an_action(self) -> None:
        form = _PAGE.form("Skip")
        assert form.action == _PAGE.url
        assert form.fields == {"number": ""}
        assert form.buttons == {"Pay": {"action": "pay"}, "Skip": {"action": "skip"}}

    def test_that_is_not_there_is_named(self) -> None:
        with pytest.raises(LookupError, match="no button “Cancel”"):
            _PAGE.form("Cancel")


class TestButton:
    def test_is_found_by_how_it_begins(self) -> None:
        assert _PAGE.button("Leave", "Go") == "Go on"

    def test_prefers_the_whole_words(self) -> None:
        page = Page(url="", html="<form><button>Pay now with visa</button><button>Pay now</button></form>")
        assert page.button("Pay now") == "Pay now"

    def test_that_is_not_there_is_named(self) -> None:
        with pytest.raises(LookupError, match="no button “Keep” or “Cancel”"):
            _PAGE.button("Keep", "Cancel")


class TestLink:
    def test_is_found_by_its_words(self) -> None:
        assert _PAGE.link("Back home") == "http://localhost:1/labs/"

    def test_that_is_not_there_is_named(self) -> None:
        with pytest.raises(LookupError, match="no link “Next”"):
            _PAGE.link("Next")


class TestSection:
    def test_gives_its_words_alone(self) -> None:
        assert _PAGE.section("plan") == "Plan Free, for now"

    def test_that_is_not_there_says_nothing(self) -> None:
        assert _PAGE.section("other") == ""
