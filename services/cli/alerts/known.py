"""The alerts as ALERTS has them, and words put there."""

from __future__ import annotations

from datetime import datetime

from nats.js import JetStreamContext
from pydantic import ValidationError

from services.cli.errors import CliError
from services.cli.streams import info_of, read
from services.notifier.alerts import Alerts
from services.notifier.links import Act
from services.notifier.record import publish
from services.notifier.words import word
from shared import wilayah
from shared.bus import ALERTS
from shared.errors import InvalidError, RecoverableError
from shared.events import OUTCOME_EVENT
from shared.events.outcome import OutcomeEvent


async def alerts_until(js: JetStreamContext, moment: datetime | None = None) -> Alerts:
    """The fold over ALERTS up to a moment (aware), or over all of it.

    Raises:
        CliError: there is no stream ALERTS.
    """
    alerts = Alerts(_nobody)
    last = (await info_of(js, ALERTS)).state.last_seq
    async for message in read(js, ALERTS, start=1, through=last):
        try:
            event: OutcomeEvent = OUTCOME_EVENT.validate_json(message.data, context={"stored": True})
        except ValidationError:
            continue  # of a version that this one does not know; the notifier's log names it
        if moment is None or event.time <= moment:
            alerts.apply(event)
    return alerts


async def say(
    js: JetStreamContext, act: Act, scope: str, *, until: datetime, reason: str | None, now: datetime
) -> None:
    """Put a word on ALERTS.

    Raises:
        CliError: the scope is neither a region nor a line, the reason cannot be taken, or ALERTS did not acknowledge.
    """
    try:
        wilayah.find(scope.partition("/")[0])
        event = word(act, scope, until=until, by="operator", reason=reason, now=now)
        await publish(js, event)
    except InvalidError as error:
        raise CliError(error.reason) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise CliError(f"the reason cannot be taken: {first['msg']}") from error
    except RecoverableError as error:
        raise CliError(str(error)) from error


def _nobody(scope: str) -> None:
    """Words are not waited for here."""
