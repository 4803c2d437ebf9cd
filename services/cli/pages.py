"""Links to the pages, and the keys that sign them: files in the aggregator's data folder, or a setting."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from services.aggregator.settings import AggregatorSettings
from services.cli.appearing import appearing
from services.cli.errors import CliError
from shared.errors import InvalidError
from shared.pages_key import file_of, keys
from shared.passes import Keys, Pass, link_to
from shared.wilayah import UnknownRegionError, find


def link(settings: AggregatorSettings, code: str, expires: datetime) -> str:
    """The link that opens a region's pages, and those of all that lies within it, before ``expires`` (aware).

    Raises:
        CliError: there is no such region, the keys cannot be read, or people sign in and need no link.
    """
    if settings.access == "oidc":
        raise CliError(
            "LAJU_ACCESS is oidc: people sign in and need no link. A program needs a token: give --token as well."
        )
    return link_to(settings.pages_address, _keys(settings), _pass(code, expires))


def token(settings: AggregatorSettings, code: str, expires: datetime) -> str:
    """What a program sends as ``Authorization: Bearer …`` to read about a region and all that lies within it.

    Raises:
        CliError: there is no such region, or the keys cannot be read.
    """
    return _keys(settings).written("link", _pass(code, expires))


def rotate(settings: AggregatorSettings, *, revoke: bool) -> None:
    """Put a new key in front of the present one, or, to ``revoke`` all that was signed, in its place.

    Raises:
        CliError: the keys are no file, or cannot be read.
    """
    if settings.pages_key is not None:
        raise CliError(
            "the keys come from LAJU_PAGES_KEY, not from a file. Where that is kept, put 64 new random hex digits in "
            "front, then a comma, then the present key; or the new ones alone, to revoke all links at once. Restart "
            "every aggregator, then the notifier."
        )
    present = () if revoke else _keys(settings).secrets[:1]
    file = file_of(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    with appearing(file) as out:
        for secret in (secrets.token_bytes(32), *present):
            out.write(f"{secret.hex()}\n".encode())


def _pass(code: str, expires: datetime) -> Pass:
    try:
        return Pass(regions=(find(code).code,), expires=expires)
    except UnknownRegionError as error:
        raise CliError(error.reason) from error


def _keys(settings: AggregatorSettings) -> Keys:
    try:
        return keys(settings)
    except InvalidError as error:
        raise CliError(error.reason) from error


def expiry(now: datetime, days: int) -> datetime:
    """The end of a pass that lasts so many days from ``now`` (aware), to the second."""
    return now.replace(microsecond=0) + timedelta(days=days)
