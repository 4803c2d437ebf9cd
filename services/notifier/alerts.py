"""The alerts of all lines as ALERTS has them: read whole at start, followed from then on, kept in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic import ValidationError

from services.notifier.alert import AlertState, after, concerns
from shared.bus import ALERTS
from shared.direct import stored_from
from shared.errors import BusUnavailableError
from shared.events import OUTCOME_EVENT
from shared.events.outcome import AlertAcknowledged, AlertSilenced, OutcomeEvent, Told

log = logging.getLogger(__name__)


Read = Callable[[int, OutcomeEvent, bytes], None]
"""Given an event of ALERTS: its sequence, the event, and its bytes as they stand there."""


def _nobody(sequence: int, event: OutcomeEvent, body: bytes) -> None:
    """Who folds alerts alone."""


class Alerts:
    """The fold over ALERTS, line by line. ``said`` is told the scope of each word that comes in while following;
    ``read`` is given each event of the stream once, in its order."""

    def __init__(self, said: Callable[[str], None], read: Read = _nobody) -> None:
        self._said = said
        self._given = read
        self._states: dict[str, AlertState] = {}
        self._words: list[AlertAcknowledged | AlertSilenced] = []
        self._seen: set[str] = set()
        self._read = 0
        self._known = False
        self._one_at_a_time = asyncio.Lock()

    @property
    def known(self) -> bool:
        """Whether the stream was read to its end once: before that nothing is known of any line."""
        return self._known

    def of(self, line: str) -> AlertState:
        """What is known of the alert of a line."""
        state = self._states.get(line)
        if state is None:
            state = AlertState()
            for word in self._words:  # said about the region before the line was there
                if concerns(word.data, line):
                    state = after(state, word)
        return state

    def apply(self, event: OutcomeEvent) -> None:
        """Fold one more event. One that was folded before, on its way to the stream or sent twice, changes nothing."""
        if event.id in self._seen or not isinstance(event, AlertAcknowledged | AlertSilenced | Told):
            return
        self._seen.add(event.id)
        if isinstance(event, AlertAcknowledged | AlertSilenced):
            self._words.append(event)
            for line, state in self._states.items():
                if concerns(event.data, line):
                    self._states[line] = after(state, event)
        else:
            self._states[event.data.line] = after(self.of(event.data.line), event)

    async def load(self, client: Client) -> None:
        """Fold what the stream holds at this moment.

        Raises:
            BusUnavailableError: the stream cannot be read; what was folded stays, the call may be repeated.
        """
        async with self._one_at_a_time:  # two that read on from the same place would both go through the same events
            try:
                await self._on_to_the_end(client)
            except (NatsError, TimeoutError) as error:
                raise BusUnavailableError(f"reading ALERTS failed: {type(error).__name__}") from error
            self._known = True

    async def follow(self, client: Client) -> None:
        """Fold what has come since, and tell of words.

        Raises:
            BusUnavailableError: as :meth:`load`.
        """
        before = len(self._words)
        await self.load(client)
        for word in self._words[before:]:
            self._said(word.data.scope)

    def lines(self) -> Iterator[tuple[str, AlertState]]:
        """Every line that something was told about."""
        yield from self._states.items()

    async def _on_to_the_end(self, client: Client) -> None:
        last = (await client.jetstream().stream_info(ALERTS)).state.last_seq
        if last <= self._read:
            return
        async for sequence, body in stored_from(client, ALERTS, self._read + 1):
            self._take(sequence, body)
            self._read = sequence
        if self._read < last:
            raise BusUnavailableError(f"reading ALERTS stopped at {self._read} of {last}")
        log.info("the alerts of %d lines are known, up to sequence %d of ALERTS", len(self._states), self._read)

    def _take(self, sequence: int, body: bytes) -> None:
        try:
            event = OUTCOME_EVENT.validate_json(body, context={"stored": True})
        except ValidationError as error:
            log.error("an event of ALERTS cannot be read and is left out: %s", error.title)  # noqa: TRY400 - no defect
            return
        self.apply(event)
        self._given(sequence, event, body)
