"""The seven ports of ``laju up``, next to one another from a base."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass, fields
from typing import Self

from services.cli.errors import CliError

HOST = "127.0.0.1"
_ROLES = {
    "ingest": "ingest",
    "aggregator": "aggregator and pages",
    "notifier": "notifier",
    "nats": "NATS",
    "mongo": "MongoDB",
    "smtp": "mail catcher",
    "nats_monitoring": "NATS monitoring",
}


@dataclass(frozen=True, slots=True)
class Ports:
    """A TCP port on the loopback address for each role."""

    ingest: int
    aggregator: int
    notifier: int
    nats: int
    mongo: int
    smtp: int
    nats_monitoring: int

    @classmethod
    def from_base(cls, base: int) -> Self:
        """``base`` for ingest and the next six numbers for the others; ``base`` is 1 to 65529."""
        return cls(*range(base, base + len(_ROLES)))

    def check_free(self) -> None:
        """Return if all can be listened on.

        Raises:
            CliError: names every port that cannot, and what it is for.
        """
        trouble = [
            f"port {port} ({_ROLES[role.name]}) {reason}"
            for role in fields(self)
            if (reason := _why_not(port := getattr(self, role.name)))
        ]
        if trouble:
            raise CliError(
                f"{'; '.join(trouble)}. End what uses it, or choose other ports with --port-base "
                f"(it takes {len(_ROLES)} ports from there on)"
            )


def _why_not(port: int) -> str | None:
    with socket.socket() as probe:
        # As the servers do: connections of a server that just ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return "is already taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return None
