from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from genomics.aws import clients, dynamodb
from genomics.aws.dynamodb import Table
from genomics.aws.errors import ServiceRefusedError, ServiceUnavailableError
from tests.environment import free_port
from tests.genomics.localaws.fixtures import client

TABLE = Table(name=settings.STACK.tables["jobs"], key="job_id")


def _stored(key: str) -> Any:
    return client("dynamodb").get_item(TableName=TABLE.name, Key={"job_id": {"S": key}}).get("Item")


def _write_once(sequence: int) -> bool:
    return dynamodb.write(
        TABLE, key="a", values={"sequence": sequence, "status": f"S{sequence}"}, increasing="sequence"
    )


@pytest.fixture
def nobody_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This function will let new clients call a port on which nobody listens."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    clients.dynamodb.cache_clear()
    yield
    clients.dynamodb.cache_clear()


@pytest.mark.usefixtures("aws")
class TestWrite:
    def test_makes_an_item_of_texts_and_numbers(self) -> None:
        assert dynamodb.write(TABLE, key="a", values={"status": "PENDING", "sequence": 1, "note": None})
        assert _stored("a") == {"job_id": {"S": "a"}, "status": {"S": "PENDING"}, "sequence": {"N": "1"}}

    def test_changes_and_removes_its_own_attributes_only(self) -> None:
        client("dynamodb").put_item(
            TableName=TABLE.name, Item={"job_id": {"S": "a"}, "restored_at": {"S": "now"}, "failure": {"S": "x"}}
        )
        assert dynamodb.write(TABLE, key="a", values={"sequence": 2, "failure": None}, increasing="sequence")
        assert _stored("a") == {"job_id": {"S": "a"}, "restored_at": {"S": "now"}, "sequence": {"N": "2"}}

    def test_never_goes_back(self) -> None:
        for sequence, written in ((2, True), (2, False), (1, False), (10, True), (9, False)):
            assert _write_once(sequence) is written
        assert _stored("a")["status"] == {"S": "S10"}

    def test_goes_back_when_it_need_not_increase(self) -> None:
        for sequence in (9, 3):
            assert dynamodb.write(TABLE, key="a", values={"sequence": sequence})
        assert _stored("a")["sequence"] == {"N": "3"}

    def test_writes_only_where_the_item_has_what_is_needed(self) -> None:
        assert not dynamodb.write(TABLE, key="a", values={"note": 1}, only_if={"status": "RESTORING"})
        assert _stored("a") is None
        dynamodb.write(TABLE, key="a", values={"status": "PENDING", "sequence": 2})
        assert not dynamodb.write(TABLE, key="a", values={"note": 1}, only_if={"status": "RESTORING"})
        assert dynamodb.write(TABLE, key="a", values={"note": 1}, only_if={"status": "PENDING", "sequence": 2})
        assert not dynamodb.write(TABLE, key="a", values={"note": 1}, increasing="note", only_if={"status": "PENDING"})
        assert _stored("a")["note"] == {"N": "1"}

    def test_ends_with_the_highest_of_many_at_once(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(_write_once, [(number * 7) % 100 for number in range(100)]))
        assert (_stored("a")["sequence"], _stored("a")["status"]) == ({"N": "99"}, {"S": "S99"})

    def test_tells_a_table_that_is_missing(self) -> None:
        with pytest.raises(ServiceRefusedError):
            dynamodb.write(Table(name="nothing", key="job_id"), key="a", values={"sequence": 1})


@pytest.mark.usefixtures("nobody_there")
class TestUnavailable:
    def test_is_told_by_every_call(self) -> None:
        with pytest.raises(ServiceUnavailableError):
            dynamodb.write(TABLE, key="a", values={"sequence": 1})
        with pytest.raises(ServiceUnavailableError):
            dynamodb.delete(TABLE, key="a")
        with pytest.raises(ServiceUnavailableError):
            dynamodb.read(TABLE, keys=["a"], attributes=["job_id"])
        with pytest.raises(ServiceUnavailableError):
            list(dynamodb.scan(TABLE, attributes=["job_id"]))


@pytest.mark.usefixtures("aws")
class TestDelete:
    def test_deletes_an_item_and_forgives_a_missing_one(self) -> None:
        dynamodb.write(TABLE, key="a", values={"sequence": 1})
        for _ in range(2):
            dynamodb.delete(TABLE, key="a")
        assert _stored("a") is None


@pytest.mark.usefixtures("aws")
class TestRead:
    def test_gives_what_exists_by_key(self) -> None:
        for sequence, key in enumerate("abc"):
            dynamodb.write(TABLE, key=key, values={"sequence": sequence, "status": "PENDING", "lab_id": "x"})
        assert dynamodb.read(TABLE, keys=["c", "a", "z"], attributes=["job_id", "sequence"]) == {
            "a": {"job_id": "a", "sequence": 0},
            "c": {"job_id": "c", "sequence": 2},
        }

    def test_asks_nothing_for_nothing(self) -> None:
        assert dynamodb.read(TABLE, keys=[], attributes=["job_id"]) == {}


@pytest.mark.usefixtures("aws")
class TestScan:
    def test_gives_all_items_over_many_pages(self) -> None:
        padding = "x" * 60_000  # a page ends at 1 MB
        for number in range(40):
            dynamodb.write(TABLE, key=f"{number:02}", values={"sequence": number, "padding": padding})
        pages = list(dynamodb.scan(TABLE, attributes=["job_id", "sequence"]))
        assert len(pages) > 1
        found = sorted((item["job_id"], item["sequence"]) for page in pages for item in page)
        assert found == [(f"{number:02}", number) for number in range(40)]

    def test_goes_on_when_its_reader_deletes_what_it_has_read(self) -> None:
        for number in range(40):
            dynamodb.write(TABLE, key=f"{number:02}", values={"sequence": number, "padding": "x" * 60_000})
        seen = []
        for page in dynamodb.scan(TABLE, attributes=["job_id"]):
            for item in page:
                seen.append(item["job_id"])
                dynamodb.delete(TABLE, key=str(item["job_id"]))
        assert len(seen) == 40
