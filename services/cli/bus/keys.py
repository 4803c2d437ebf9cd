"""The seeds of services and operators, each in a folder of secrets for its owner."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from services.cli.bus.nkey import new_key
from services.cli.bus.roster import NAMES
from services.cli.errors import CliError

SEED_FILE = "LAJU_NATS_SEED"


def write_keys(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Make a key for each of these and write its seed to ``<folder>/<name>/LAJU_NATS_SEED``, which only its owner can
    read; returns the public keys by name.

    Raises:
        CliError: a name is unknown, a seed is there already, or the folder cannot be written.
    """
    for name in names:
        if name not in NAMES:
            raise CliError(f"{name!r} has no account; there are {', '.join(NAMES)}")
        if (folder / name / SEED_FILE).exists():
            raise CliError(
                f"{folder / name / SEED_FILE} exists. It may be the key of a service at work: give another folder, or "
                "remove the file first"
            )
    public = {}
    try:
        for name in names:
            seed, public[name] = new_key()
            (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / name / SEED_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(seed + "\n")
    except OSError as error:
        raise CliError(f"writing to {folder} failed: {error.strerror}. Give another folder") from error
    return public
