"""A line in the log for each request of which something was refused: whose key, and of what kind.

Nothing of what was sent is in it, since that may hold a NIK or a name; the sender has the answer with every reason.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from services.ingest.keys.key import parts_of
from services.ingest.receipt import Receipt
from shared.problems import Problem

log = logging.getLogger(__name__)
# Anybody can bring these about, as often as they like; they are counted.
_MANY = frozenset({401, 429, 503})


def note_problem(headers: Mapping[str, str], problem: Problem) -> None:
    """Of a request nothing came in: at INFO, or at DEBUG what could fill the log."""
    level = logging.DEBUG if problem.status in _MANY else logging.INFO
    log.log(level, "refused a request with %s: %d %s", _shown(headers), problem.status, problem.title)


def note_rejected(headers: Mapping[str, str], receipt: Receipt) -> None:
    """Some of the events of a request did not come in."""
    if count := len(receipt.rejected):
        log.info("refused %d of %d events with %s", count, count + receipt.accepted, _shown(headers))


def _shown(headers: Mapping[str, str]) -> str:
    """The key by its id, as `laju keys list` has it. In a request that is not let in, it is what the sender says."""
    token = headers.get("authorization", "").partition(" ")[2].strip()
    parts = parts_of(token)
    return f"key {parts[0]}" if parts else "another key" if token else "no key"
