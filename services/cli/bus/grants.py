"""What each service may do on the bus, and nothing else: the contract of its account.

A service has an account of its own. Streams are in Laju's account, which lets each of the others have some subjects.
Within one account, permissions would not do: the server answers on whatever subject the one who asks names, so that who
may read a stream could have what it holds published as events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.bus import ALERTS, EVENTS, INTAKE, PACE, QUARANTINE, REJECTED, inbox_prefix, presence_subject

STREAMS = (EVENTS, PACE, ALERTS, QUARANTINE, INTAKE, REJECTED)
KEYS, KEYS_USED = "laju_keys", "laju_keys_used"
_API = "$JS.API"


@dataclass(frozen=True, slots=True)
class Grants:
    """Subjects of Laju's account. ``says``: what a service publishes there, or asks with one answer at most; ``draws``:
    what it asks with many answers. ``hears``: what it listens to in its own account."""

    says: tuple[str, ...]
    draws: tuple[str, ...]
    hears: tuple[str, ...]


# Whether streams are there and how long they are: every service looks after EVENTS, and waits for the others.
_LOOKS = (f"{_API}.INFO", *(f"{_API}.STREAM.INFO.{stream}" for stream in STREAMS))

SERVICES = {
    "ingest": Grants(
        says=(
            *_LOOKS,
            "events.*",
            "rejected.>",
            f"{_API}.CONSUMER.CREATE.{INTAKE}.ingest",
            f"{_API}.CONSUMER.INFO.{INTAKE}.ingest",
            f"$JS.ACK.{INTAKE}.ingest.>",
            # A NIK that came over the bus is erased.
            f"{_API}.STREAM.MSG.DELETE.{INTAKE}",
            f"{_API}.STREAM.INFO.KV_{KEYS}",
            f"{_API}.STREAM.INFO.KV_{KEYS_USED}",
            f"{_API}.DIRECT.GET.KV_{KEYS}.>",
            f"$KV.{KEYS_USED}.>",
        ),
        draws=(f"{_API}.CONSUMER.MSG.NEXT.{INTAKE}.ingest",),
        hears=(f"{inbox_prefix('ingest')}.>",),
    ),
    "aggregator": Grants(
        says=(
            *_LOOKS,
            "pace.>",
            "quarantine.events.*",
            f"{_API}.CONSUMER.CREATE.{EVENTS}.*.events.*",
            f"{_API}.CONSUMER.INFO.{EVENTS}.*",
            f"{_API}.CONSUMER.LIST.{EVENTS}",
            f"{_API}.CONSUMER.DELETE.{EVENTS}.*",
            f"$JS.ACK.{EVENTS}.>",
            f"{_API}.DIRECT.GET.{EVENTS}",
            f"{_API}.DIRECT.GET.{EVENTS}.*.*",
            # Since when events have been in quarantine.
            f"{_API}.DIRECT.GET.{QUARANTINE}",
        ),
        draws=(f"{_API}.CONSUMER.MSG.NEXT.{EVENTS}.*",),
        hears=(f"{inbox_prefix('aggregator')}.>", presence_subject("aggregator.*")),
    ),
    "notifier": Grants(
        says=(
            *_LOOKS,
            "alerts.>",
            "quarantine.pace.*",
            f"{_API}.CONSUMER.CREATE.{PACE}.notifier.>",
            f"{_API}.CONSUMER.INFO.{PACE}.notifier",
            f"{_API}.CONSUMER.DELETE.{PACE}.notifier",
            f"$JS.ACK.{PACE}.notifier.>",
        ),
        draws=(f"{_API}.CONSUMER.MSG.NEXT.{PACE}.notifier", f"{_API}.DIRECT.GET.{ALERTS}"),
        hears=(f"{inbox_prefix('notifier')}.>",),
    ),
}


def _every_form(calls: Iterable[str]) -> tuple[str, ...]:
    """Calls of the API by their own names and by those with a domain."""
    return tuple(f"{api}.{call}" for call in calls for api in (_API, "$JS.*.API"))


_CHANGES = (
    *(f"STREAM.{call}.>" for call in ("CREATE", "UPDATE", "DELETE", "RESTORE", "MSG.DELETE")),
    *(f"STREAM.PURGE.{stream}" for stream in STREAMS if stream != QUARANTINE),
    *(f"STREAM.PURGE.KV_{bucket}" for bucket in (KEYS, KEYS_USED)),
)
_LOSSES = tuple(f"STREAM.{call}.{stream}" for call in ("DELETE", "PURGE") for stream in (EVENTS, ALERTS))

# What they may not say. They are within Laju's account and read all there is, and since they may name where an answer
# goes, these are no walls: they keep a slip of the hand from what cannot be mended.
PEOPLE = {
    "operator": (*_every_form(_CHANGES), "events.>", "intake.>"),
    "administrator": _every_form(_LOSSES),
}
