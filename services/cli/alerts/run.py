"""``laju alerts explain`` and ``simulate``: a projection read, the notifier's rules applied, nothing written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from services.cli import streams
from services.cli.alerts.explaining import explained
from services.cli.alerts.history import days, on
from services.cli.alerts.known import alerts_until
from services.cli.alerts.tables import Replayed
from services.cli.errors import CliError
from services.cli.serving import serving, settings_at
from services.notifier.recipients_file import RecipientsError, read
from services.notifier.replay import Told, replay
from services.notifier.schedule import Hours
from services.notifier.settings import NotifierSettings
from shared import wilayah
from shared.errors import InvalidError
from shared.wilayah import NATION, Level, kabkota_in, local_day, zone_of

if TYPE_CHECKING:
    from services.cli.archive import Advance

_REGIONS_AT_ONCE = 20


async def explain(code: str, day: date | None, nats_url: str, mongo_url: str | None) -> list[str]:
    """The explanation of every line of a kab/kota, as on the morning of a day or as of now.

    Raises:
        CliError: it is no kab/kota, a server cannot be reached, or the recipients file here cannot be used.
    """
    if _known(code).level is not Level.KABKOTA:
        raise CliError(f"{code} is no kab/kota: only heads of kab/kota are told. Give a code such as 51.71")
    settings, policy = NotifierSettings(), settings_at(mongo_url).policy
    hours, now = hours_here(settings), datetime.now(UTC)
    if day is not None:
        now = datetime.combine(day, settings.mail_opens, zone_of(code))
    async with streams.connection(nats_url) as client:
        alerts = await alerts_until(client.jetstream(), now)
    async with serving(settings_at(mongo_url)) as projection:
        shelf = (await projection.store.shelves.of([code]))[code]
    found = [f"by projection {projection.number}, as in the notifier's settings here; {now:%Y-%m-%d %H:%M %Z}"]
    if not settings.recipients_file.exists():
        found.append(f"quiet times are not known here: there is no {settings.recipients_file}")
    for standing in on(code, shelf, day or local_day(now, code), policy):
        state = alerts.of(standing.line)
        then = None
        if state.open and state.told is not None:
            rows = on(code, shelf, state.told.on, policy)
            then = next((row for row in rows if row.line == standing.line), None)
        found += explained(standing, state, then, now, settings.policy, hours)
    return found


async def simulated(first: date, last: date, codes: Sequence[str], mongo_url: str | None, advance: Advance) -> Replayed:
    """What would have been told from ``first`` to ``last``, both included, in these regions, or in all.

    Raises:
        CliError: a code is unknown, the database cannot be reached, or the recipients file here cannot be used.
    """
    heads = sorted({head for code in codes or [NATION] for head in kabkota_in(_known(code).code[:5])})
    settings, policy = NotifierSettings(), settings_at(mongo_url).policy
    hours = hours_here(settings)
    told: list[Told] = []
    async with serving(settings_at(mongo_url)) as projection:
        for start in range(0, len(heads), _REGIONS_AT_ONCE):
            chunk = heads[start : start + _REGIONS_AT_ONCE]
            shelves = await projection.store.shelves.of(chunk)
            for head in chunk:
                history = days(head, shelves[head], first, last, policy)
                told += replay(head, history, settings.policy, hours)
            advance(start + len(chunk), len(heads))
    return Replayed(sorted(told, key=lambda one: (one.on, one.audience, one.region, one.line)), len(heads))


def hours_here(settings: NotifierSettings) -> Hours:
    """When mails go out, with the quiet times of the recipients file; without any if there is no such file, as on a
    machine that only asks.

    Raises:
        CliError: there is one, and it cannot be used.
    """
    if not settings.recipients_file.exists():
        return settings.hours
    try:
        return replace(settings.hours, quiet=read(settings.recipients_file, settings.hours).quiet)
    except RecipientsError as error:
        raise CliError(error.reason) from error


def _known(code: str) -> wilayah.Region:
    try:
        return wilayah.find(code)
    except InvalidError as error:
        raise CliError(error.reason) from error
