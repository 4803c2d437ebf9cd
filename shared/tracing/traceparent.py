"""Trace contexts as text: the ``traceparent`` of W3C Trace Context, which is also an attribute of the same name in
CloudEvents' distributed tracing extension. Pure, and without any library."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from lokal import parse_nik

NAME = "traceparent"
"""Of the header, over HTTP and on the bus, and of the attribute."""
MOST = 64
"""So many contexts are followed at once. OpenTelemetry keeps 128 links of a span."""

Trail = tuple[str, ...]
"""The contexts that something followed from, the earliest first; none while nothing is recorded."""

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_DIGITS = re.compile(r"[0-9]{16,}")
_NIK_DIGITS = 16


def traceparent_in(told: object) -> str | None:
    """The context that a sender told, ``None`` if it is none (W3C Trace Context, 3.2: it is left out then, and nothing
    else comes of it). Any sixteen digits in a row that could be a NIK make it none: it goes on the bus and to wherever
    spans are sent, and one trace in some thousands begins anew for it."""
    if not isinstance(told, str) or not _FORM.fullmatch(told) or _could_hold_nik(told):
        return None
    return told


def is_sampled(traceparent: str) -> bool:
    """Whether it is recorded where it comes from."""
    return bool(int(traceparent[-2:], 16) & 1)


def joined(*trails: Iterable[str]) -> Trail:
    """What followed from several: the sampled ones, each once, ``MOST`` at most; one that is not if none is, so that
    what follows is not sampled either."""
    every = dict.fromkeys(context for trail in trails for context in trail)
    return tuple(islice(filter(is_sampled, every), MOST)) or tuple(islice(every, 1))


def _could_hold_nik(text: str) -> bool:
    return any(
        parse_nik(run[start : start + _NIK_DIGITS]).valid
        for run in _DIGITS.findall(text)
        for start in range(len(run) - _NIK_DIGITS + 1)
    )
