"""Where the keys of the pages are kept: in a setting, or in a file that is made when it is first needed."""

from __future__ import annotations

import secrets
from pathlib import Path

from services.aggregator.settings import AggregatorSettings
from services.aggregator.web.access.tokens import Keys, keys_of
from shared.secrets import kept_in


def file_of(settings: AggregatorSettings) -> Path:
    """The file of the keys, one a line, newest first; it counts unless ``LAJU_PAGES_KEY`` is set."""
    return settings.data / "pages.key"


def keys(settings: AggregatorSettings) -> Keys:
    """The keys that sign and read links and sessions.

    Raises:
        InvalidError: they cannot be read.
    """
    if settings.pages_key is not None:
        return keys_of(settings.pages_key.get_secret_value(), "LAJU_PAGES_KEY")
    file = file_of(settings)
    return keys_of(kept_in(file, lambda: secrets.token_hex(32)), str(file))
