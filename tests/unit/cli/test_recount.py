"""A recount is the projection, in whatever order events come."""

from __future__ import annotations

import random
from typing import Any

import pytest

from services.aggregator.comparison import differences, figures_of
from services.aggregator.stored import StoredEvent
from services.cli.errors import CliError
from services.cli.recount import Recount
from services.cli.verify import owners_of
from tests.events import citizen, event, target
from tests.property.memory import Memory, opened

HOMES = ("51.71.01.1001", "36.04", "17.71")


def stream() -> list[dict[str, Any]]:
    raw = [target("36.04", 30), target("ID", 40), target("36.04", 35, effective_on="2024-05-01")]
    for number in range(60):
        who, home, other = citizen(number), HOMES[number % 3], HOMES[(number + 1) % 3]
        raw += [
            event("ikd.activated", citizen=who, home=home, service="51.71", channel="office", place="A.B"),
            event("resident.moved", citizen=who, home=other, time=f"2024-06-2{number % 9}T08:00:00+07:00"),
        ]
    raw += [
        event("ikd.deactivated", citizen=citizen(number), home=HOMES[0], reason="error") for number in range(0, 60, 7)
    ]
    return raw


def recounted(events: list[StoredEvent], size: int) -> Recount:
    recount = Recount()
    for start in range(0, len(events), size):
        recount.add(events[start : start + size])
    return recount


def test_order_and_batches_do_not_matter_and_the_documents_are_the_projections() -> None:
    raw = stream()
    memory = Memory()
    memory.apply(raw)
    owners = {"51.71", "36.04", "17.71", "ID"}
    for size, seed in ((1, 1), (7, 2), (1000, 3)):
        events = opened(raw)
        random.Random(seed).shuffle(events)
        recount = recounted(events, size)
        assert recount.owners() == owners
        for owner in owners:
            facts = [document for document in memory.slots.values() if document["owner"] == owner]
            stored = figures_of(memory.of(owner), facts)
            assert recount.figures(owner)
            assert list(differences(owner, stored, recount.figures(owner))) == []


def test_what_an_event_could_change_includes_where_the_citizen_was_before() -> None:
    known, moved = opened(
        [
            event("ikd.activated", citizen=citizen(1), home="17.71", service="35.73", channel="office"),
            event("resident.moved", citizen=citizen(1), home="36.04"),
        ]
    )
    recount = Recount()
    assert recount.concerned([known]) == {"17.71", "35.73"}
    recount.add([known])
    assert recount.concerned([moved]) == {"17.71", "35.73", "36.04"}
    assert recount.concerned(opened([target("51", 3)])) == {"51"}


def test_regions_are_those_whose_documents_hold_their_figures() -> None:
    assert owners_of(["51.71.01.1001", "51.71"]) == {"51.71"}
    assert {"51", "51.71", "51.08"} <= owners_of(["51"])
    assert len(owners_of(["ID"])) == 1 + 38 + 514
    with pytest.raises(CliError, match="region code 99 is unknown"):
        owners_of(["99"])
