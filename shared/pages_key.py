"""Where the keys of the pages are kept: in a setting, or in a file that the aggregator makes when it needs one."""

from __future__ import annotations

import secrets
from pathlib import Path

from shared.errors import InvalidError
from shared.passes import Keys, keys_of
from shared.secrets import kept_in
from shared.settings import PagesSettings


def file_of(settings: PagesSettings) -> Path:
    """The file of the keys, one a line, newest first; it counts unless ``LAJU_PAGES_KEY`` is set."""
    return settings.data / "pages.key"


def keys(settings: PagesSettings) -> Keys:
    """The keys that sign and read links and sessions; made if there are none.

    Raises:
        InvalidError: they cannot be read.
    """
    file = file_of(settings)
    if settings.pages_key is None:
        kept_in(file, lambda: secrets.token_hex(32))
    return known_keys(settings)


def known_keys(settings: PagesSettings) -> Keys:
    """The same for whoever only signs: with a key of its own nobody could read that.

    Raises:
        InvalidError: there are none, or they cannot be read.
    """
    if settings.pages_key is not None:
        return keys_of(settings.pages_key.get_secret_value(), "LAJU_PAGES_KEY")
    file = file_of(settings)
    try:
        text = file.read_text()
    except OSError as error:
        raise InvalidError(
            f"reading {file} failed: {type(error).__name__}. LAJU_PAGES_KEY must be that of the aggregator, or this "
            "file its pages.key"
        ) from error
    return keys_of(text, str(file))
