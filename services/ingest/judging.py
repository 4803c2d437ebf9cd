"""A body of a request judged: the events that come in, stamped, and those that do not, each with every reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import from_json

from services.ingest import bodies, clean
from services.ingest.admission import FieldError, Rejected, Rules, admit
from services.ingest.bodies import BATCH, NDJSON, STRUCTURED
from shared.envelope import Wire, wire


@dataclass(frozen=True, slots=True)
class Judged:
    """``accepted`` events in wire form, ``refused`` ones by their position in the request (from 0); ``single`` if it
    was one event and not a collection of one."""

    accepted: list[Wire]
    refused: list[tuple[int, Rejected]]
    single: bool


def judge(content_type: str | None, body: bytes, rules: Rules) -> Judged:
    """What of a body may come in.

    Raises:
        Problem: 415 for another content type, 400 if the body as a whole is not what its type says.
    """
    kind = bodies.kind_of(content_type)
    accepted: list[Wire] = []
    refused: list[tuple[int, Rejected]] = []
    for index, verdict in enumerate(_verdicts(kind, body, rules)):
        if isinstance(verdict, Rejected):
            refused.append((index, verdict))
        else:
            verdict["recordedtime"] = rules.recordedtime
            accepted.append(verdict)
    return Judged(accepted, refused, single=kind == STRUCTURED)


def _verdicts(kind: bodies.Kind, body: bytes, rules: Rules) -> list[Wire] | list[Wire | Rejected]:
    latest = rules.latest
    if kind == NDJSON:
        return [clean.event_of(line, latest) or _line(line, rules) for line in bodies.lines_in(body)]
    if kind == BATCH:
        clean_events = clean.events_of(body, latest)
        return [_admitted(raw, rules) for raw in bodies.batch_in(body)] if clean_events is None else clean_events
    return [clean.event_of(body, latest) or _admitted(bodies.one_in(body), rules)]


def _line(line: bytes, rules: Rules) -> Wire | Rejected:
    try:
        raw = from_json(line)
    except ValueError as error:
        return Rejected(None, [FieldError("", f"the line is not JSON: {error}")])
    return _admitted(raw, rules)


def _admitted(raw: object, rules: Rules) -> Wire | Rejected:
    judged = admit(raw, rules)
    return judged if isinstance(judged, Rejected) else wire(judged)
