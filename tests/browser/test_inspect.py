"""The first look in the browser says what the server would say, and stops nothing that the server takes."""

import base64

import pytest
from django.templatetags.static import static
from django.urls import reverse
from playwright.sync_api import Page

from tests.annotator.bad_files import BAD_FILES, FINE_FILES, BadFile, FineFile
from tests.annotator.bad_files.shape import SEND_VCF

INSPECT = """
async ([module, files]) => {
  const { inspect } = await import(module);
  const said = {};
  for (const { name, fileName, content } of files) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    try {
      await inspect(new File([bytes], fileName), { maxBytes: 150000, plan: "Free" });
      said[name] = null;
    } catch (refusal) {
      const { message, advice, line, constructor } = refusal;
      said[name] = { message, advice, line, kind: constructor.name };
    }
  }
  return said;
}
"""
SMALL_BYTES = 150_000
NAMED_KINDS = [file for file in BAD_FILES if file.code == "NOT_A_VCF" and file.message.startswith("This is a")]
SAME_WORDS = {"UNSUPPORTED_VERSION", "OLD_LINE_ENDS"}  # where the browser's own look refuses a header as a whole

Said = dict[str, dict[str, object] | None]


@pytest.fixture
def said(page: Page, url: str) -> Said:
    """This function will give what the browser says about each small file; None: nothing, the server may look."""
    page.goto(url + reverse("account_login"))
    files = [_as_json(file) for file in (*BAD_FILES, *FINE_FILES) if len(file.data) <= SMALL_BYTES]
    said: Said = page.evaluate(INSPECT, [url + static("js/upload/inspect.js"), files])
    return said


class TestInspect:
    def test_stops_nothing_that_the_server_takes(self, said: Said) -> None:
        stopped = {file.name: said[file.name] for file in FINE_FILES if said.get(file.name)}
        assert stopped == {}

    def test_never_fails_otherwise_than_with_a_refusal(self, said: Said) -> None:
        assert {answer["kind"] for answer in said.values() if answer} == {"Refusal"}

    def test_names_what_the_server_would_name(self, said: Said) -> None:
        for file in NAMED_KINDS:
            answer = said[file.name]
            assert answer is not None, file.name
            kind = file.message.removeprefix("This is ").partition(",")[0].partition(" inside gzip")[0]
            if kind != "a text file":
                assert f"{file.file_name} is {kind}" in str(answer["message"])
                assert _sent(str(answer["advice"])) == file.advice

    def test_uses_the_words_of_the_server_for_a_header(self, said: Said) -> None:
        files = [file for file in BAD_FILES if file.code in SAME_WORDS and said[file.name]]
        assert {file.code for file in files} == SAME_WORDS
        for file in files:
            answer = said[file.name]
            assert answer is not None
            message = str(answer["message"]).replace("“", "'").replace("”", "'")
            assert (message, answer["advice"], answer["line"]) == (file.message, file.advice, file.line)


def _as_json(file: BadFile | FineFile) -> dict[str, str]:
    return {"name": file.name, "fileName": file.file_name, "content": base64.b64encode(file.data).decode()}


def _sent(advice: str) -> str:
    """In the browser a person chooses a file, at the server it has been sent."""
    sent = advice.replace("choose it", "send it").replace("choose the", "send the").replace("choose a", "send a")
    sent = sent.replace("Choose the", "Send the")
    return SEND_VCF if sent.startswith("Choose a file that holds variants") else sent
