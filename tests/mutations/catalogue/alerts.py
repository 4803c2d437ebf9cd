"""Defects in what heads are told, and in how mails go out."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

FAULTS = "tests/faults"
NOTIFIER = "tests/integration/notifier/test_notifier.py"
DELIVERY = "tests/integration/notifier/delivery"
ALERT_RULES = "tests/unit/notifier/test_decide.py"
ALERT_YEAR = "tests/property/test_alert_year.py"
LETTERS = "tests/unit/notifier/delivery/test_facsimile.py"
HISTORY = "tests/unit/notifier/test_history.py"
HOURS = "tests/unit/notifier/test_schedule.py"

MUTATIONS = (
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
    Mutation(
        "only the first link of a letter is taken out",
        "services/notifier/delivery/facsimile.py",
        (
            (
                'disabled="true" title="{instead}"\', entry.html)',
                'disabled="true" title="{instead}"\', entry.html, count=1)',
            ),
        ),
        (f"{LETTERS}::test_nobody_can_act_with_it",),
    ),
    Mutation(
        "an address in capitals stays in a letter",
        "services/notifier/delivery/facsimile.py",
        ((", letter, flags=re.IGNORECASE)", ", letter)"),),
        (f"{LETTERS}::test_addresses_are_taken_out",),
    ),
    Mutation(
        "a letter as plain text still acts",
        "services/notifier/delivery/facsimile.py",
        (("_PASS.sub(_without_pass, _LINK.sub(_instead(entry), entry.text))", "_PASS.sub(_without_pass, entry.text)"),),
        (f"{LETTERS}::test_nobody_can_act_with_it",),
    ),
    Mutation(
        "a letter opens the pages",
        "services/notifier/delivery/facsimile.py",
        (
            (
                "_nobodys(_PASS.sub(_without_pass, _LINK.sub(instead, inert)), entry)",
                "_nobodys(_LINK.sub(instead, inert), entry)",
            ),
        ),
        (f"{LETTERS}::test_nobody_gets_in_with_it",),
    ),
    Mutation(
        "what looks like a link puts anything into a letter",
        "services/notifier/delivery/facsimile.py",
        (('(page if _PAGE.fullmatch(page) else "/")', "page"),),
        (f"{LETTERS}::test_however_a_link_with_a_pass_is_written",),
    ),
    Mutation(
        "a letter about a kecamatan is said to hide something",
        "services/notifier/post.py",
        (
            (
                "            found.append(0)\n",
                "            found.append(telling.briefing.hides_below if telling.briefing else 0)\n",
            ),
        ),
        ("tests/unit/notifier/test_post.py",),
    ),
    Mutation(
        "a letter hides as much as what hides most in it",
        "services/notifier/post.py",
        (("return min(found, default=None)", "return max(found, default=None)"),),
        ("tests/unit/notifier/test_post.py",),
    ),
    Mutation(
        "a word about a province is not told of its kab/kota",
        "services/notifier/history.py",
        (("if within(code, region) or within(region, code)\n", "if within(code, region)\n"),),
        (f"{HISTORY}::test_of_a_region_is_told_what_lies_in_it_and_what_was_said_about_all_of_a_wider_one",),
    ),
    Mutation(
        "a step that comes twice stands where it was last",
        "services/notifier/history.py",
        (("    kept.setdefault(key, value)\n", "    kept[key] = value\n"),),
        (f"{HISTORY}::test_what_was_published_twice_is_there_once_where_it_was_first",),
    ),
)
