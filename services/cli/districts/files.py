"""The files of a district's server, written once and never over others."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from services.cli.bus.nkey import new_key
from services.cli.districts.configuration import SEED_FILE, Place, leaf_conf, seed_conf
from services.cli.districts.link import Link
from services.cli.errors import CliError

CONF_FILE = "leaf.conf"


def write_leaf(folder: Path, link: Link, place: Place) -> str:
    """Make a key and write the configuration and the seed, which only their owner can read; returns the public key.

    Raises:
        CliError: the hub's address is not one with TLS, a file is there already, or the folder cannot be written.
    """
    _check_hub(place.hub)
    seed, public = new_key()
    contents = {SEED_FILE: seed_conf(seed), CONF_FILE: leaf_conf(link, place)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in contents:
            if (folder / name).exists():
                raise CliError(
                    f"{folder / name} exists. It may be the key of a server at work: give another folder, or remove "
                    "the file first"
                )
        for name, content in contents.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(content)
    except OSError as error:
        raise CliError(f"writing to {folder} failed: {error.strerror}. Give another folder") from error
    return public


def _check_hub(address: str) -> None:
    try:
        parts = urlsplit(address)
        right = parts.scheme == "tls" and bool(parts.hostname) and parts.port is not None
    except ValueError:
        right = False
    if not right:
        raise CliError(
            f"{address} is not an address of a hub, such as tls://hub.example:7422. Without TLS everybody on the way "
            "could read what the district sends"
        )
