import pytest
from pytest_django.live_server_helper import LiveServer

from genomics.localaws.demo.browser import Browser, RefusedError
from genomics.users.models import User

_FILE = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t7\t.\tA\tG\t.\t.\t.\n"


@pytest.fixture
def browser(live_server: LiveServer) -> Browser:
    return Browser(live_server.url)


@pytest.mark.django_db(transaction=True)
class TestSignIn:
    def test_refuses_a_wrong_password(self, browser: Browser, free_user: User) -> None:
        with pytest.raises(RefusedError, match=r"did not let free@lab\.example in"):
            browser.sign_in(email=free_user.email, password="wrong")


@pytest.mark.django_db(transaction=True)
class TestUpload:
    def test_tells_what_the_site_says(self, browser: Browser, free_user: User) -> None:
        browser.sign_in(email=free_user.email, password="correct horse battery")
        with pytest.raises(RefusedError, match="150,000"):
            browser.upload("large.vcf", content=_FILE + b"#" * 150_000)

    def test_needs_a_session(self, browser: Browser) -> None:
        with pytest.raises(RefusedError, match=r"/uploads/begin/ answered with HTTP \d+"):
            browser.upload("small.vcf", content=_FILE)
