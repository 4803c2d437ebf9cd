"""A body of a request judged: the events that come in, stamped, and those that do not, each with every reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic_core import from_json

from services.ingest import bodies, clean
from services.ingest.admission import FieldError, Rejected, Rules, admit
from services.ingest.bodies import BATCH, BINARY, NDJSON, STRUCTURED, Form
from services.ingest.keys.key import Key, scope_error
from shared.envelope import Wire, wire
from shared.problems import Problem
from shared.tracing.traceparent import NAME

Item = TypeVar("Item")
_VALUES_PER_EVENT = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """``accepted`` events in wire form, ``refused`` ones by their position in the request (from 0); ``single`` if it
    was one event and not a collection of one."""

    accepted: list[Wire]
    refused: list[tuple[int, Rejected]]
    single: bool


def judge(form: Form, body: bytes, rules: Rules, key: Key, *, most_events: int) -> Judged:
    """What of a body may come in from the holder of a key.

    Raises:
        Problem: 400 if the body as a whole is not what its form says, 413 if it holds too many events.
    """
    _check_size(body, most_events)
    accepted: list[Wire] = []
    refused: list[tuple[int, Rejected]] = []
    for index, verdict in enumerate(_verdicts(form, body, rules, most_events)):
        outcome = verdict if isinstance(verdict, Rejected) else _stamped(verdict, rules, key)
        if isinstance(outcome, Rejected):
            refused.append((index, outcome))
        else:
            accepted.append(outcome)
    return Judged(accepted, refused, single=form.kind in (STRUCTURED, BINARY))


def _check_size(body: bytes, most_events: int) -> None:
    """Before it is parsed: a few bytes of JSON, such as ``[],``, can take a hundred times their size in memory."""
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    if values > most_events * _VALUES_PER_EVENT:
        raise Problem(
            413,
            "Content Too Large",
            f"the body holds about {values} JSON values, which are more than {most_events} events have",
        )


def _stamped(event: Wire, rules: Rules, key: Key) -> Wire | Rejected:
    if not key.opens_everything and (missing := scope_error(key, event)) is not None:
        return Rejected(event["id"], [missing], forbidden=True)
    context = event.pop(NAME, rules.traceparent)
    event["recordedtime"] = rules.recordedtime
    if context is not None:
        event[NAME] = context  # right behind the time, where it makes no difference to the envelope's message id
    return event


def _verdicts(form: Form, body: bytes, rules: Rules, most: int) -> Sequence[Wire | Rejected]:
    latest = rules.latest
    if form.kind == NDJSON:
        lines = _few_enough(bodies.lines_in(body), most)
        return [clean.event_of(line, latest) or _line(line, rules) for line in lines]
    if form.kind == BATCH:
        clean_events = clean.events_of(body, latest)
        if clean_events is None:
            return [_admitted(raw, rules) for raw in _few_enough(bodies.batch_in(body), most)]
        return _few_enough(clean_events, most)
    if form.kind == BINARY:
        return [_admitted(bodies.data_in(body, form.attributes), rules)]
    return [clean.event_of(body, latest) or _admitted(bodies.one_in(body), rules)]


def _few_enough(events: list[Item], most: int) -> list[Item]:
    if len(events) > most:
        raise Problem(
            413,
            "Content Too Large",
            f"the body holds {len(events)} events: send at most {most} in a request",
        )
    return events


def _line(line: bytes, rules: Rules) -> Wire | Rejected:
    try:
        raw = from_json(line)
    except ValueError as error:
        return Rejected(None, [FieldError("", f"the line is not JSON: {error}")])
    return _admitted(raw, rules)


def _admitted(raw: object, rules: Rules) -> Wire | Rejected:
    judged = admit(raw, rules)
    return judged if isinstance(judged, Rejected) else wire(judged)
