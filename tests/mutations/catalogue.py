"""Defects that somebody could bring in, each a change of a few words, and where the suite must notice it."""

from __future__ import annotations

from dataclasses import dataclass

PROPERTIES = "tests/property"
RESTARTS = "tests/e2e/test_restarts.py"
FAULTS = "tests/faults"
DATABASE = "tests/integration/shared/test_database.py"
PULL = "tests/integration/shared/test_pull.py"
NOTIFIER = "tests/integration/notifier/test_notifier.py"
DELIVERY = "tests/integration/notifier/delivery"
ALERT_RULES = "tests/unit/notifier/test_decide.py"
ALERT_YEAR = "tests/property/test_alert_year.py"
HOURS = "tests/unit/notifier/test_schedule.py"


@dataclass(frozen=True, slots=True)
class Mutation:
    """In ``file`` each of ``old`` is replaced by its ``new``; at least one of ``tests`` must then fail."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]


_PROJECT = "        try:\n            await self.project(partition, sequence, message.data)\n"
_ACKED_FIRST = (
    "        try:\n            await message.ack()\n            await self.project(partition, sequence, message.data)\n"
)

MUTATIONS = (
    Mutation(
        "no transaction",
        "shared/database.py",
        (
            ("async with session.start_transaction():", "if True:"),
            (
                "(Session(self._database, session))\n                except",
                "(Session(self._database, None))\n                except",
            ),
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
        (("await self._js.publish(events_subject", "await self._js.publish_async(events_subject"),),
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
    Mutation(
        "a standing is acknowledged before its outcome is kept",
        "services/notifier/app.py",
        (
            ("        # A defect leaves", "        await message.ack()\n        # A defect leaves"),
            ('== "done":\n            await message.ack()', '== "done":\n            pass'),
        ),
        ("tests/integration/notifier", FAULTS),
    ),
    Mutation(
        "a mail is not marked before it is sent",
        "services/notifier/delivery/outbox.py",
        (('{"$set": {"state": "sending", "claim": claim}}', '{"$set": {"state": "pending"}}'),),
        ("tests/integration/notifier", FAULTS),
    ),
    Mutation(
        "a claim that was committed unheard is nobody's",
        "services/notifier/delivery/outbox.py",
        (('document["state"] == "sending" and document.get("claim") == claim', "False"),),
        ("tests/integration/notifier/delivery/test_sender.py",),
    ),
    Mutation(
        "a mail that may have been taken is sent again",
        "services/notifier/delivery/attempt.py",
        (('"pending" if outcome.result == "retry"', '"pending" if outcome.result in ("retry", "uncertain")'),),
        (DELIVERY,),
    ),
    Mutation(
        "one slow week is told",
        "services/notifier/decide.py",
        (
            (
                "if standing.rate7 >= policy.slow * needed or standing.rate28 >= policy.slow * needed:",
                "if standing.rate7 >= policy.slow * needed:",
            ),
            ("return standing.days_behind >= policy.confirm_days or", "return standing.days_behind >= 1 or"),
        ),
        (ALERT_YEAR,),
    ),
    Mutation(
        "what is dealt with is told again",
        "services/notifier/decide.py",
        (
            (
                "    if again_at is None or now < again_at or state.acknowledged(now):\n        return NOTHING\n"
                "    return Decision(Reason.REPEAT",
                "    if again_at is None or now < again_at:\n        return NOTHING\n    return Decision(Reason.REPEAT",
            ),
        ),
        (ALERT_RULES,),
    ),
    Mutation(
        "what is dealt with goes up to the province",
        "services/notifier/decide.py",
        (("state.escalated >= 2 or state.acknowledged_at is not None or now", "state.escalated >= 2 or now"),),
        (ALERT_RULES,),
    ),
    Mutation(
        "back on the line is called a correction",
        "services/notifier/decide.py",
        (("and then is not None and then.status in BACK_ON_THE_LINE", "and then is not None"),),
        (ALERT_RULES,),
    ),
    Mutation(
        "an event that comes twice is folded twice",
        "services/notifier/alerts.py",
        (("if event.id in self._seen or not isinstance", "if not isinstance"),),
        ("tests/unit/notifier/test_alerts.py",),
    ),
    Mutation(
        "a silence is not heard",
        "services/notifier/stages/silence.py",
        (("if not due.line.state.silenced(case.now)", "if True"),),
        (NOTIFIER,),
    ),
    Mutation(
        "it is told while the projection lags",
        "services/notifier/stages/inhibit.py",
        (("if held is None:", "if held != 'standings_waiting':"),),
        (NOTIFIER,),
    ),
    Mutation(
        "the link of an old mail acts",
        "services/notifier/http/acts.py",
        (("if not state.open or state.episode != grant.episode:", "if False:"),),
        (NOTIFIER,),
    ),
    Mutation(
        "a Message-ID has the time in it",
        "services/notifier/stages/render.py",
        (("message_id_of(steps, recipient.email,", "message_id_of([*steps, str(case.now)], recipient.email,"),),
        ("tests/unit/notifier/test_render.py",),
    ),
    Mutation(
        "steps go to ALERTS by the clock",
        "services/notifier/record.py",
        (('key=lambda document: number_of(document["_id"])', 'key=lambda document: document["at"]'),),
        ("tests/integration/notifier/test_record.py",),
    ),
    Mutation(
        "a digest comes at each look",
        "services/notifier/digests.py",
        (('before.get("period") != period', "True"), ("f'{key}|{period}'", "f'{key}|{period}|{self._clock()}'")),
        (NOTIFIER,),
    ),
    Mutation(
        "all offices work by Jakarta's clock",
        "services/notifier/schedule.py",
        (("local = now.astimezone(zone_of(region))", 'local = now.astimezone(zone_of("31"))'),),
        (HOURS,),
    ),
)
