from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings

from genomics.localaws.server import LocalAws
from tests.genomics.localaws.fixtures import client

TABLE = settings.STACK.tables["jobs"]


@pytest.fixture
def dynamodb(aws: LocalAws) -> Any:
    return client("dynamodb")


def _update(dynamodb: Any, **request: Any) -> bool:
    try:
        dynamodb.update_item(TableName=TABLE, Key={"job_id": {"S": "one"}}, **request)
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


class TestUpdateItem:
    def test_lets_one_of_many_conditional_writes_win(self, dynamodb: Any) -> None:
        def make(_: int) -> bool:
            return _update(
                dynamodb,
                UpdateExpression="SET taken = :yes",
                ConditionExpression="attribute_not_exists(taken)",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(make, range(160))) == 1

    def test_loses_no_count(self, dynamodb: Any) -> None:
        def count(_: int) -> bool:
            return _update(dynamodb, UpdateExpression="ADD visits :one", ExpressionAttributeValues={":one": {"N": "1"}})

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(count, range(160)))
        item = dynamodb.get_item(TableName=TABLE, Key={"job_id": {"S": "one"}})["Item"]
        assert item["visits"] == {"N": "160"}
