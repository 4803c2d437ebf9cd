"""What holds once it is quiet again, whatever happened. Each check answers with the differences it found, as text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

import httpx
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.aggregator.counters import COUNTED
from tests.faults.load import Identity, RawEvent, Receipts, identity
from tests.faults.mailbox import taken
from tests.faults.world import AGGREGATORS, World
from tests.oracle import Oracle
from tests.servers import get
from tests.waiting import until

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything in EVENTS: each distinct event, how many messages there are, and those that are no envelope."""

    events: dict[Identity, RawEvent]
    messages: int
    unreadable: list[int]
    conflicts: list[str]


def wait_for_quiet(world: World, *, seconds: float) -> list[str]:
    """Wait until everything stored is projected, assessed, decided on, mailed and recorded."""
    names = (*AGGREGATORS, "notifier")
    try:
        until(lambda: all(_is_quiet(world, name) for name in names), seconds=seconds)
    except AssertionError:
        return [f"not quiet after {seconds} s: " + "; ".join(f"{name} {_progress(world, name)}" for name in names)]
    return []


def _is_quiet(world: World, name: str) -> bool:
    progress = _progress(world, name)
    if name == "notifier":
        return set(progress.values()) == {0}
    return progress.get("lag_events") == 0 and progress.get("assessments_pending") == 0


def _progress(world: World, name: str) -> dict[str, Any]:
    try:
        return dict(httpx.get(f"{world.url(name)}/v1/progress", timeout=5).json())
    except (httpx.TransportError, ValueError) as error:
        return {"error": type(error).__name__}


def stored(world: World) -> Stored:
    """Read EVENTS from its first to its last message."""

    async def read(js: JetStreamContext) -> list[tuple[int, bytes]]:
        last = (await js.stream_info("EVENTS")).state.last_seq
        config = ConsumerConfig(ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, inactive_threshold=30)
        subscription = await js.pull_subscribe("events.*", stream="EVENTS", config=config)
        found: list[tuple[int, bytes]] = []
        while not found or found[-1][0] < last:
            with suppress(NatsTimeoutError):
                found += [(m.metadata.sequence.stream, m.data) for m in await subscription.fetch(500, timeout=2)]
        return found

    messages = world.on_bus(read)
    events: dict[Identity, RawEvent] = {}
    unreadable, conflicts = [], []
    for sequence, body in messages:
        try:
            batch = json.loads(body)
        except ValueError:
            unreadable.append(sequence)
            continue
        for event in batch:
            known = events.setdefault(identity(event), event)
            if _content(known) != _content(event):
                conflicts.append(f"{identity(event)} is stored with two contents")
    return Stored(events, len(messages), unreadable, conflicts)


def _content(event: RawEvent) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "recordedtime"}


def accepted_is_stored(receipts: Receipts, found: Stored, poison: Mapping[int, str]) -> list[str]:
    """Every event answered with 202 is in EVENTS as it was sent, and nothing that nobody sent."""
    differences = [f"acknowledged but not stored: {key}" for key in receipts.acknowledged - found.events.keys()]
    strangers = found.events.keys() - receipts.sent.keys()
    differences += [f"stored but never sent: {key}" for key in strangers if key[0] != "poison"]
    for key, event in receipts.sent.items():
        kept = found.events.get(key)
        if kept is not None and (kept["data"], kept["type"]) != (event["data"], event["type"]):
            differences.append(f"stored with another content: {key}")
    differences += [f"unreadable at {seq}, which nobody poisoned" for seq in found.unreadable if seq not in poison]
    return differences + found.conflicts


def projection_is_the_oracle(world: World, found: Stored) -> list[str]:
    """Every counter of every region, day and dimension, and nothing else."""
    oracle = Oracle(found.events.values())
    residents: Counter[tuple[str, str, date]] = Counter()
    served: Counter[tuple[str, str, str, str, date]] = Counter()
    for document in (found for name in COUNTED for found in world.projection[name].find()):
        year, kabkota = document["year"], document["region"]
        for programme, days in document.get("days", {}).items():
            residents.update({(kabkota, programme, _day(year, day)): n for day, n in days.items()})
        for programme, regions in document.get("finer", {}).items():
            for code, days in regions.items():
                for region in {_dotted(code), _dotted(code[:6])}:
                    residents.update({(region, programme, _day(year, day)): n for day, n in days.items()})
        for programme, dimensions in document.get("service", {}).items():
            for by, keys in dimensions.items():
                for key, days in keys.items():
                    served.update({(kabkota, programme, by, unquote(key), _day(year, d)): n for d, n in days.items()})
    return _unequal("residents", dict(oracle.residents), residents) + _unequal("served", dict(oracle.served), served)


def _unequal(what: str, expected: Mapping[Any, int], actual: Mapping[Any, int]) -> list[str]:
    keys = sorted(key for key in expected.keys() | actual.keys() if expected.get(key, 0) != actual.get(key, 0))
    return [f"{what} {key}: {actual.get(key, 0)} instead of {expected.get(key, 0)}" for key in keys]


def _day(year: int, day: str) -> date:
    return date(year, int(day[:2]), int(day[2:]))


def _dotted(code: str) -> str:
    return ".".join(part for part in (code[:2], code[2:4], code[4:6], code[6:]) if part)


def readers_see_it(world: World, found: Stored) -> list[str]:
    """What both aggregators answer about each kab/kota's days is the oracle's."""
    oracle = Oracle(found.events.values())
    differences = []
    for code in sorted({region for region, _, _ in oracle.residents if len(region) == 5}):
        for programme in ("ikd", "perekaman"):
            expected = {day.isoformat(): n for day, n in oracle.days(code, programme).items()}
            for name in AGGREGATORS:
                days = get(f"{world.url(name)}/v1/regions/{code}/daily?programme={programme}")["days"]
                if {day["date"]: day["change"] for day in days if day["change"]} != expected:
                    differences.append(f"{name} answers other days for {code}, {programme}")
    return differences


def consumers_are_drained(world: World) -> list[str]:
    """No consumer has anything pending, and all are there."""

    async def look(js: JetStreamContext) -> list[str]:
        partitions = int(((await js.stream_info("EVENTS")).config.metadata or {})["laju_partitions"])
        infos = [info for info in await js.consumers_info("EVENTS") if info.name.startswith("aggregator-")]
        wrong = [] if len(infos) == partitions else [f"{len(infos)} consumers for {partitions} partitions"]
        wrong += [
            f"{info.name} is not drained: {info.num_pending} pending, {info.num_ack_pending} unacknowledged"
            for info in (*infos, await js.consumer_info("PACE", "notifier"))
            if info.num_pending or info.num_ack_pending
        ]
        return wrong

    return world.on_bus(look)


def poison_is_in_quarantine(world: World) -> list[str]:
    """QUARANTINE holds what was poisoned, by its sequence in EVENTS, and nothing else."""

    async def look(js: JetStreamContext) -> list[tuple[str, int]]:
        last = (await js.stream_info("QUARANTINE")).state.last_seq
        entries = []
        for subject in (await js.stream_info("QUARANTINE", subjects_filter=">")).state.subjects or {}:
            message = await js.get_last_msg("QUARANTINE", subject)
            entry = json.loads(message.data or b"{}")
            entries.append((str(entry["stream"]), int(entry["sequence"])))
        assert last >= len(entries)
        return entries

    expected = Counter(("EVENTS", sequence) for sequence in world.poisoned)
    actual = Counter(world.on_bus(look))
    missing, strange = expected - actual, actual - expected
    return [f"not in quarantine: {key}" for key in missing] + [f"in quarantine by mistake: {key}" for key in strange]


def each_alert_was_mailed_once(world: World, told: Sequence[tuple[str, str, int]]) -> list[str]:
    """The steps in ALERTS are those that had to be, with one mail each; a sent one was taken once, an uncertain one at
    most once (a mail is never repeated by itself), and each outcome is in ALERTS."""
    entries = list(world.database("laju_notifier")["outbox"].find())
    recorded = world.on_bus(_alerts)
    # What comes back on the day that was told is a correction; it is as good as back on the line.
    decided = Counter(
        (event["data"]["standing"]["region"], event["data"]["reason"].replace("corrected", "resolved"),
         event["data"]["episode"])
        for event in recorded if "reason" in event["data"]
    )  # fmt: skip
    differences = [f"decided {n} times instead of {Counter(told)[key]}: {key}"
                   for key, n in decided.items() if n != Counter(told)[key]]  # fmt: skip
    differences += [f"never decided on: {key}" for key in set(told) - decided.keys()]
    announced = {mail for event in recorded for mail in event["data"].get("mails", ())}
    differences += [f"announced and not in the outbox: {key}" for key in announced - {e["message_id"] for e in entries}]
    # Nobody decides on a digest: on its day it is due to every head, whatever happens.
    differences += [
        f"in the outbox and never announced: {e['_id']}"
        for e in entries
        if e["kind"] == "notice" and e["message_id"] not in announced
    ]
    arrived = Counter(taken(world.mailbox))
    for entry in entries:
        times, state = arrived.pop(entry["message_id"], 0), entry["state"]
        if not (state == "sent" and times == 1) and not (state == "uncertain" and times <= 1):
            differences.append(f"a mail that is {state} was taken {times} times: {entry['_id']}, {entry['region']}")
    differences += [f"a mail that nobody decided on was taken: {key}" for key in arrived]
    expected = {f"{entry['_id']}/{entry['state']}" for entry in entries}
    outcomes = {event["id"] for event in recorded if "outcome" in event["data"]}
    differences += [f"not recorded in ALERTS: {key}" for key in expected - outcomes]
    return differences + [f"recorded in ALERTS by mistake: {key}" for key in outcomes - expected]


async def _alerts(js: JetStreamContext) -> list[Any]:
    """Every event in ALERTS, each once: one that was published again after its acknowledgement was lost is the same."""
    last = (await js.stream_info("ALERTS")).state.last_seq
    found = [json.loads((await js.get_msg("ALERTS", seq)).data or b"{}") for seq in range(1, last + 1)]
    return list({event["id"]: event for event in found}.values())


def uncertain_mails(world: World) -> int:
    """How many mails nobody knows the fate of."""
    return world.database("laju_notifier")["outbox"].count_documents({"state": "uncertain"})


def heads_stand_as_told(world: World, standing: Mapping[str, str]) -> list[str]:
    """Each region that went down and up stands as its last facts say."""
    differences = []
    for region, reason in standing.items():
        rows = get(f"{world.url(AGGREGATORS[0])}/v1/regions/{region}/standings?programme=ikd")["standings"]
        states = [row["status"] for row in rows if row["target"]]
        if len(states) != 1 or (states[0] == "behind") != (reason == "first"):
            differences.append(f"{region} is {states} after {reason}")
    return differences


def shortened(differences: Sequence[str]) -> list[str]:
    """The first few, and how many more there are."""
    more = len(differences) - _SHOWN
    return [*differences[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])]
