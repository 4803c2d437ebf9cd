"""Reading a stream without a consumer: the server keeps nothing for it, and no right to create anything is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import Header
from pydantic_core import to_json

_BATCH = 500
_BATCH_BYTES = 4 * 1024 * 1024
_ANSWER_SECONDS = 5.0
_END_OF_BATCH, _NOTHING_THERE = "204", "404"
_PENDING = "Nats-Num-Pending"
_SEQUENCE = "Nats-Sequence"


async def stored_from(client: Client, stream: str, start: int) -> AsyncIterator[tuple[int, bytes]]:
    """Sequence and body of every message from sequence ``start`` on, in order; the stream must allow direct reads.

    With several replicas any of them may answer, also one that does not have the newest messages yet.

    Raises:
        NatsError: the server does not answer, or refuses.
    """
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    following, more = start, True
    try:
        while more:
            request = {"seq": following, "next_by_subj": ">", "batch": _BATCH, "max_bytes": _BATCH_BYTES}
            await client.publish(f"$JS.API.DIRECT.GET.{stream}", to_json(request), reply=inbox)
            while True:
                message = await subscription.next_msg(_ANSWER_SECONDS)
                status = (message.headers or {}).get(Header.STATUS)
                if status is not None:
                    more = _more(message, status, stream)
                    break
                sequence = int((message.headers or {})[_SEQUENCE])
                yield sequence, message.data
                following = sequence + 1
    finally:
        await subscription.unsubscribe()


def _more(message: Msg, status: str, stream: str) -> bool:
    """Whether there is more behind the batch that ends with this message."""
    if status == _END_OF_BATCH:
        return int((message.headers or {}).get(_PENDING, "0")) > 0
    if status == _NOTHING_THERE:
        return False
    raise NatsError(f"reading {stream} was answered with status {status}")
