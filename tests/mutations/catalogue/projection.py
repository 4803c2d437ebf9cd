"""Defects on the way of an event from ingest to the projection."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

PROPERTIES = "tests/property"
RESTARTS = "tests/e2e/test_restarts.py"
FAULTS = "tests/faults"
DATABASE = "tests/integration/shared/test_database.py"
PULL = "tests/integration/shared/test_pull.py"

_TAKEN = "            await self.project(partition, sequence, message.data, self._tracing.told(message.headers))\n"
_PROJECT = f"        try:\n{_TAKEN}"
_ACKED_FIRST = f"        try:\n            await message.ack()\n{_TAKEN}"

MUTATIONS = (
    Mutation(
        "no transaction",
        "shared/database.py",
        (
            ("async with session.start_transaction():", "if True:"),
            ("inside = Session(self._database, session)", "inside = Session(self._database, None)"),
        ),
        (FAULTS,),
    ),
    Mutation(
        "acknowledged before the commit",
        "services/aggregator/projector.py",
        (
            (_PROJECT, _ACKED_FIRST),
            ("            await message.ack()\n            self._metrics", "            self._metrics"),
        ),
        (f"{RESTARTS}::test_what_a_dead_replica_had_in_hand_comes_to_the_other",),
    ),
    Mutation(
        "of two events with one identity the last to arrive stays",
        "services/aggregator/citizen.py",
        (("lost = sorted((known, fact), key=_canonical)", "lost = (fact, known)"),),
        (PROPERTIES,),
    ),
    Mutation(
        "facts apply in the order of their arrival",
        "services/aggregator/citizen.py",
        (
            (
                "old, new = sorted(before.values()), sorted(after.values())",
                "old, new = [*before.values()], [*after.values()]",
            ),
        ),
        (PROPERTIES,),
    ),
    Mutation(
        "of too many facts the first to arrive stay",
        "services/aggregator/citizen.py",
        (("ordered = sorted(union.values())", "ordered = list(union.values())"),),
        (PROPERTIES,),
    ),
    Mutation(
        "the last report of a slot to arrive stays",
        "services/aggregator/projection.py",
        (("if slot not in slots or later(slots[slot], document) != slots[slot]", "if slot"),),
        (PROPERTIES,),
    ),
    Mutation(
        "a citizen's former contribution is not taken back",
        "services/aggregator/citizen.py",
        (("for facts, times in ((new, 1), (old, -1)):", "for facts, times in ((new, 1),):"),),
        (PROPERTIES,),
    ),
    Mutation(
        "an emptied EVENTS is created anew",
        "shared/bus.py",
        (("if config.name == EVENTS and await _exists(js, ALERTS)", "if False and await _exists(js, ALERTS)"),),
        (FAULTS, "tests/integration/ingest/test_intake.py"),
    ),
    Mutation(
        "accepted before JetStream acknowledged",
        "services/ingest/writer.py",
        (("await self._js.publish(subject", "await self._js.publish_async(subject"),),
        ("tests/integration/ingest/test_intake.py", FAULTS),
    ),
    Mutation(
        "a deleted consumer is not created again",
        "services/aggregator/consumers.py",
        (("if await self._info(partition) is None:", "if False:"),),
        (FAULTS,),
    ),
    Mutation(
        "what a killed transaction left is not ended",
        "shared/database.py",
        (("if before is not None:", "if False:"),),
        (DATABASE,),
    ),
    Mutation(
        "a pull forgets that its requests expire",
        "shared/pull.py",
        (("self._requested = max(self._requested - int(left), 0)", "pass"),),
        (PULL,),
    ),
)
