"""The whole examination: each part by itself, so that one that is away hides nothing of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from services.cli.doctor import bus, certificates, database, http, recipients, relay, room
from services.cli.doctor.finding import Finding, State, unknown
from services.cli.doctor.installation import Installation
from services.cli.errors import CliError

_SECONDS = 30.0
_GRAVITY: tuple[State, ...] = ("fault", "warning", "unknown", "good")


async def examined(installation: Installation) -> list[Finding]:
    """All findings but those about settings."""
    urls = {
        "ingest": installation.ingest_url,
        "aggregator": installation.aggregator_url,
        "notifier": installation.notifier_url,
    }
    encrypted = any(settings.tls_cert is not None for settings in installation.settings)
    parts = [_in_time(http.ABOUT, http.examine(urls, encrypted=encrypted))]
    shown: list[certificates.Shown] = []
    if (common := installation.common) is not None:
        shown += certificates.of_urls([*urls.values(), *common.nats_servers], common.ca)
        parts.append(_in_time(bus.ABOUT, bus.examine(common, installation.nats_monitor_url)))
    parts.append(_in_time(database.ABOUT, _whom_to_tell(installation)))
    if (aggregator := installation.aggregator) is not None:
        shown += certificates.of_database(aggregator.mongo_url, aggregator.ca)
    if (notifier := installation.notifier) is not None:
        parts.append(_in_time(relay.ABOUT, relay.examine(notifier)))
        shown += certificates.of_urls([notifier.aggregator_url, notifier.notifier_url], notifier.ca)
    parts.append(_in_time(certificates.ABOUT, certificates.examine(shown)))
    found = [finding for part in await asyncio.gather(*parts) for finding in part]
    found += certificates.of_files(installation.settings)
    return found + room.examine([settings.data for settings in installation.settings])


async def _whom_to_tell(installation: Installation) -> list[Finding]:
    """The database, which knows the targets, and then the recipients."""
    found: list[Finding] = []
    aimed: frozenset[str] | None = None
    if installation.aggregator is not None:
        seen = await database.examine(installation.aggregator)
        found, aimed = seen.findings, seen.aimed
    if installation.notifier is not None:
        found += recipients.examine(installation.notifier, aimed)
    return found


def gravest(findings: list[Finding]) -> State:
    """The gravest state among them, good if there are none."""
    return min((finding.state for finding in findings), key=_GRAVITY.index, default="good")


async def _in_time(about: str, part: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(_SECONDS):
            return await part
    except CliError as error:  # a setting that it needs; what is wrong is told of the settings
        return [unknown(about, f"it could not be looked at: {error}", "correct that setting first")]
    except TimeoutError:
        return [
            unknown(about, f"looking at it was not over after {_SECONDS:g} s", "look at what is told of the others")
        ]
