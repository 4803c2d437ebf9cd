"""Pulling from a durable consumer without pause: what arrives is handled at once, and room that gets free is asked for.

A fetch loop asks for a batch, waits for its end, asks again. Between two requests of such a loop an answer to the first
can be taken for one to the second; a request is then left over at the server, and messages lie there until it expires
(measured: up to the whole time-out of the fetch, again and again). Here one inbox stays open and only counts.

A server that is asked from another account does not see when nobody listens to the inbox any more: what it sends in
answer to a request that is left over lies there until the acknowledgement's time is over. So requests are short, and
whoever stops waits for the end of the last one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import Header
from pydantic_core import to_json

log = logging.getLogger(__name__)

Handle = Callable[[Msg], Awaitable[None]]

_EXPIRES_SECONDS = 1.0
_LATE_SECONDS = 0.5  # a request's end may be on its way
_SILENCE_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_NANOSECONDS = 1_000_000_000
_PENDING_MESSAGES = "Nats-Pending-Messages"
_CONFLICT = "409"


class Pull:
    """At most ``in_flight`` messages of a consumer, of together at most about ``in_flight_bytes``, each handled by a
    task of its own from its arrival on. A message larger than that comes alone.

    ``handle`` acknowledges; what it raises is logged, and the message comes again after the consumer's ``ack_wait``.
    A consumer or stream that is missing is asked again until it is back.
    """

    def __init__(
        self, client: Client, stream: str, durable: str, handle: Handle, *, in_flight: int, in_flight_bytes: int
    ) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._durable = durable
        self._handle = handle
        self._in_flight = in_flight
        self._in_flight_bytes = in_flight_bytes
        self._requested = 0
        self._bytes_in_hand = 0
        self._asked_for = 0
        self._too_large = False  # the next message is, for the room there was
        self._in_hand: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._heard = 0.0
        self._subscription: Subscription | None = None
        self._asking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to ask.

        Raises:
            NatsError: the connection is closed.
        """
        self._subscription = await self._client.subscribe(self._client.new_inbox(), cb=self._arrived)
        self._asking = asyncio.create_task(self._keep_asking(self._subscription.subject))

    async def stop(self) -> None:
        """Ask for no more, and return once the last request has ended and everything that arrived is handled. Stopping
        twice is allowed."""
        if self._asking is not None:
            self._asking.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_EXPIRES_SECONDS + _LATE_SECONDS):
                while self._requested and self._client.is_connected:
                    self._changed.clear()
                    await self._changed.wait()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py gives it no types
            except (NatsError, TimeoutError) as error:
                log.warning("ending the subscription to %s failed: %s", self._durable, type(error).__name__)
        while self._in_hand:
            await asyncio.wait(self._in_hand)

    async def _arrived(self, message: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        headers = message.headers or {}
        status = headers.get(Header.STATUS)
        if status is None or message.reply:
            self._requested = max(self._requested - 1, 0)
            self._changed.set()
            self._too_large = False
            self._bytes_in_hand += len(message.data)
            task = asyncio.create_task(self._handled(message))
            self._in_hand.add(task)
            task.add_done_callback(partial(self._done, len(message.data)))
        elif (left := headers.get(_PENDING_MESSAGES)) is not None:  # a request ended; so much of it was left
            self._too_large = status == _CONFLICT and int(left) == self._asked_for
            self._requested = max(self._requested - int(left), 0)
            self._changed.set()
        else:  # the consumer is gone or moved, or nobody listens: asked again after a look's time
            self._requested = 0

    async def _handled(self, message: Msg) -> None:
        try:
            await self._handle(message)
        except Exception:  # a defect: without an acknowledgement the message comes again, and the others go on
            log.exception("handling a message of %s failed; it will be redelivered", self._durable)

    def _done(self, size: int, task: asyncio.Task[None]) -> None:
        self._bytes_in_hand -= size
        self._in_hand.discard(task)
        self._changed.set()

    async def _keep_asking(self, inbox: str) -> None:
        """Request what there is room for whenever the last request has ended and half of the room is free again."""
        loop = asyncio.get_running_loop()
        reconnects = self._client.stats["reconnects"]
        while True:
            self._changed.clear()
            if reconnects != self._client.stats["reconnects"] or loop.time() - self._heard > _SILENCE_SECONDS:
                # The server forgets the requests of a lost connection, and tells nobody.
                reconnects, self._heard, self._requested = self._client.stats["reconnects"], loop.time(), 0
            if self._requested == 0 and self._client.is_connected:
                room = self._in_flight - len(self._in_hand)
                room_bytes = self._in_flight_bytes - self._bytes_in_hand
                if self._too_large:
                    if not self._in_hand:
                        await self._request(inbox, {"batch": 1})
                elif room > self._in_flight // 2 and room_bytes > self._in_flight_bytes // 2:
                    await self._request(inbox, {"batch": room, "max_bytes": room_bytes})
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._changed.wait()

    async def _request(self, inbox: str, limits: dict[str, int]) -> None:
        request = limits | {"expires": int(_EXPIRES_SECONDS * _NANOSECONDS)}
        self._requested = self._asked_for = limits["batch"]
        try:
            await self._client.publish(self._subject, to_json(request), reply=inbox)
        except NatsError as error:
            self._requested = 0
            log.debug("asking for messages of %s failed: %s", self._durable, type(error).__name__)
