"""What ``laju up`` hands to the processes: the variables that the Procfile and the services read."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from services.cli.errors import CliError
from services.cli.up.folder import DataFolder
from services.cli.up.ports import HOST, Ports
from shared.errors import InvalidError
from shared.pages_key import keys
from shared.passes import Pass
from shared.settings import PagesSettings
from shared.wilayah import NATION

SHOWN = "LAJU_READ_API_TOKEN"
_SHOWN_LASTS = timedelta(days=3650)
_BINARIES = ("nats-server", "secantusd-rs")


def environment(inherited: Mapping[str, str], folder: DataFolder, ports: Ports, as_of: date | None) -> dict[str, str]:
    """The inherited variables and ours. ``as_of`` fixes the business date; without it the services use today."""
    # First on PATH, so that `python` and the servers are those that laju itself was installed with.
    installed = str(Path(sys.executable).parent)
    ours = {
        "PATH": os.pathsep.join((installed, inherited.get("PATH", os.defpath))),
        "PYTHONUNBUFFERED": "1",
        "LAJU_DATA": str(folder.root),
        "LAJU_HOST": HOST,
        "LAJU_INGEST_PORT": str(ports.ingest),
        "LAJU_AGGREGATOR_PORT": str(ports.aggregator),
        "LAJU_NOTIFIER_PORT": str(ports.notifier),
        "LAJU_NATS_URL": f"nats://{HOST}:{ports.nats}",
        "LAJU_MONGO_PORT": str(ports.mongo),
        "LAJU_MONGO_URL": f"mongodb://{HOST}:{ports.mongo}/?directConnection=true",
        "LAJU_SMTP_PORT": str(ports.smtp),
        "LAJU_SMTP_URL": f"smtp://{HOST}:{ports.smtp}",
        "LAJU_MAIL_FROM": "Laju <laju@laju.example>",
        "LAJU_RECIPIENTS": str(folder.recipients),
        "LAJU_AGGREGATOR_URL": f"http://{HOST}:{ports.aggregator}",
        "LAJU_NOTIFIER_URL": f"http://{HOST}:{ports.notifier}",
        "LAJU_NOTIFIER_API_URL": f"http://{HOST}:{ports.notifier}",
    }
    if as_of is not None:
        # Who looks at a past day wants to see its mails now, not when offices open.
        ours |= {"LAJU_AS_OF": as_of.isoformat(), "LAJU_MAIL_ANY_TIME": "true", "LAJU_GATHER_SECONDS": "1"}
    return {**inherited, **ours}


def reading(env: Mapping[str, str], folder: DataFolder) -> dict[str, str]:
    """Where not everybody may read, the token that the notifier and the demo show unless they have one. Its key, which
    the notifier also signs links with, is made now if there is none: the services start at once.

    Raises:
        CliError: the keys of the pages cannot be read.
    """
    if env.get("LAJU_ACCESS") not in ("link", "oidc") or env.get(SHOWN):
        return {}
    try:
        secret = keys(PagesSettings(data=folder.root))
    except InvalidError as error:
        raise CliError(error.reason) from error
    expires = datetime.now(UTC) + _SHOWN_LASTS
    return {SHOWN: secret.written("link", Pass(regions=(NATION,), expires=expires))}


def check_binaries(path: str) -> None:
    """Return if the servers can be started from ``path`` (the form of PATH).

    Raises:
        CliError: names those that cannot.
    """
    missing = [name for name in _BINARIES if shutil.which(name, path=path) is None]
    if missing:
        raise CliError(
            f"{' and '.join(missing)} not found beside {sys.executable} nor on PATH. "
            "Install what `laju up` starts: pip install 'laju[embedded]'"
        )
