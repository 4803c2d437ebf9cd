"""When something is tried again: one mail, and the relay as a whole."""

from __future__ import annotations

from datetime import timedelta

from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.hold import Hold
from tests.unit.notifier.delivery.mails import NOW

BACKOFF = Backoff(30, 3600, timedelta(days=5))


def seconds(attempts: int) -> float:
    return BACKOFF.after(attempts).total_seconds()


def test_waits_double_up_to_the_longest() -> None:
    assert [seconds(attempts) for attempts in (1, 2, 3, 7, 8, 9, 10_000)] == [30, 60, 120, 1920, 3600, 3600, 3600]


def test_tries_that_began_at_once_count_once() -> None:
    hold = Hold(BACKOFF)
    for _ in range(4):
        hold.learn(relay_away=True, known=0, now=NOW)

    assert (hold.away, hold.until) == (1, NOW + timedelta(seconds=30))


def test_each_try_in_vain_doubles_the_wait_and_one_answer_ends_it() -> None:
    hold = Hold(BACKOFF)
    for known in range(3):
        hold.learn(relay_away=True, known=known, now=NOW)
    assert (hold.away, hold.until) == (3, NOW + timedelta(seconds=120))

    hold.learn(relay_away=False, known=3, now=NOW)
    assert (hold.away, hold.until) == (0, None)


def test_a_mail_that_was_under_way_before_says_nothing_about_now() -> None:
    hold = Hold(BACKOFF)
    hold.learn(relay_away=True, known=0, now=NOW)
    hold.learn(relay_away=False, known=0, now=NOW)

    assert hold.away == 1
