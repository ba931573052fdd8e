"""The regression of kombu 5.7.0 on failed receives, fed to our transport and to the stock one."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.transport import SQS

from genomics.queues.transport import Channel, Connection, Transport


def _connection(kind: type[AsyncSQSConnection]) -> Any:
    connection: Any = kind.__new__(kind)
    connection.sqs_connection = SimpleNamespace(meta=SimpleNamespace(service_model=None))
    return connection


def _answer(status: int) -> Any:
    return SimpleNamespace(status=status, read=io.BytesIO(b"<Error/>").read, response=None)


class TestConnection:
    @pytest.mark.parametrize("status", [400, 403, 404, 408, 500, 502, 503, 504, 599])
    def test_takes_a_failed_receive_for_no_messages(self, status: int) -> None:
        found = _connection(Connection)._on_list_ready(None, None, "ReceiveMessage", _answer(status))
        assert found.get("Messages") is None

    def test_is_still_needed(self) -> None:
        stock = _connection(AsyncSQSConnection)._on_list_ready(None, None, "ReceiveMessage", _answer(503))
        with pytest.raises(AttributeError):
            stock.get("Messages")


class TestChannel:
    def test_is_what_the_transport_uses(self) -> None:
        assert Transport.Channel is Channel

    def test_hands_out_our_connection_for_each_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SQS.Channel, "asynsqs", lambda self, queue=None: _connection(AsyncSQSConnection))
        assert isinstance(Channel.__new__(Channel).asynsqs("mail"), Connection)

    def test_frees_the_place_of_a_message_that_cannot_be_given_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://sqs")

        channel: Any = Channel.__new__(Channel)
        channel._qos = SQS.QoS(channel, prefetch_count=1)
        channel._qos.append(SimpleNamespace(delivery_info={"routing_key": "mail"}), "tag")
        monkeypatch.setattr(channel, "_restore_at_beginning", away)
        assert not channel.qos.can_consume()
        with pytest.raises(EndpointConnectionError):
            channel.basic_reject("tag", requeue=True)
        assert channel.qos.can_consume()
