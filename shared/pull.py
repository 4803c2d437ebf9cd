"""Pulling from a durable consumer without pause: what arrives is handled at once, and room that gets free is asked for.

A fetch loop asks for a batch, waits for its end, asks again. Between two requests of such a loop an answer to the first
can be taken for one to the second; a request is then left over at the server, and messages lie there until it expires
(measured: up to the whole time-out of the fetch, again and again). Here one inbox stays open and only counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import Header
from pydantic_core import to_json

log = logging.getLogger(__name__)

Handle = Callable[[Msg], Awaitable[None]]

_EXPIRES_SECONDS = 30.0
_HEARTBEAT_SECONDS = 5.0
_SILENCE_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_NANOSECONDS = 1_000_000_000
_PENDING_MESSAGES = "Nats-Pending-Messages"
_HEARTBEAT = "100"


class Pull:
    """At most ``in_flight`` messages of a consumer, each handled by a task of its own from its arrival on.

    ``handle`` acknowledges; what it raises is logged, and the message comes again after the consumer's ``ack_wait``.
    A consumer or stream that is missing is asked again until it is back.
    """

    def __init__(self, client: Client, stream: str, durable: str, handle: Handle, *, in_flight: int) -> None:
        self._client = client
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._durable = durable
        self._handle = handle
        self._in_flight = in_flight
        self._requested = 0
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
        """Ask for no more, and return once everything that arrived is handled."""
        if self._asking is not None:
            self._asking.cancel()
        if self._subscription is not None:
            try:
                await self._subscription.drain()  # type: ignore[no-untyped-call]  # nats-py gives it no types
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
            task = asyncio.create_task(self._handled(message))
            self._in_hand.add(task)
            task.add_done_callback(self._done)
        elif (left := headers.get(_PENDING_MESSAGES)) is not None:  # a request expired; so much of it was left
            self._requested = max(self._requested - int(left), 0)
            self._changed.set()
        elif status != _HEARTBEAT:  # the consumer is gone or moved, or nobody listens: asked again after a look's time
            self._requested = 0

    async def _handled(self, message: Msg) -> None:
        try:
            await self._handle(message)
        except Exception:  # a defect: without an acknowledgement the message comes again, and the others go on
            log.exception("handling a message of %s failed; it will be redelivered", self._durable)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._in_hand.discard(task)
        self._changed.set()

    async def _keep_asking(self, inbox: str) -> None:
        """Request as many messages as there is room for, whenever half of what is in flight is free again."""
        loop = asyncio.get_running_loop()
        reconnects = self._client.stats["reconnects"]
        while True:
            self._changed.clear()
            if reconnects != self._client.stats["reconnects"] or loop.time() - self._heard > _SILENCE_SECONDS:
                # The server forgets the requests of a lost connection, and tells nobody.
                reconnects, self._heard, self._requested = self._client.stats["reconnects"], loop.time(), 0
            room = self._in_flight - len(self._in_hand) - self._requested
            if room > 0 and self._requested <= self._in_flight // 2 and self._client.is_connected:
                await self._request(room, inbox)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._changed.wait()

    async def _request(self, room: int, inbox: str) -> None:
        request = {
            "batch": room,
            "expires": int(_EXPIRES_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(_HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        self._requested += room
        try:
            await self._client.publish(self._subject, to_json(request), reply=inbox)
        except NatsError as error:
            self._requested -= room
            log.debug("asking for messages of %s failed: %s", self._durable, type(error).__name__)
