"""Trace contexts as text: what is one, and which of several are followed."""

from __future__ import annotations

import random

import pytest

from shared.tracing.traceparent import MOST, is_sampled, joined, traceparent_in

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
NIK = "5171012304990001"


def sampled(number: int) -> str:
    return f"00-{TRACE}-{number:015x}f-01"


@pytest.mark.parametrize("told", [SAMPLED, UNSAMPLED, f"00-{TRACE}-{SPAN}-03", f"00-{'9' * 32}-{SPAN}-01"])
def test_a_context_is_taken_as_it_is(told: str) -> None:
    assert traceparent_in(told) == told


@pytest.mark.parametrize(
    "told",
    [
        None,
        5,
        "",
        "00-1",
        SAMPLED + "\n",
        SAMPLED.upper(),
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{NIK}-01",
        f"00-{NIK}{'a' * 16}-{SPAN}-01",
        f"00-{'0' * 16}{NIK}-{SPAN}-01",
        f"00-0000000{NIK}000000000-{SPAN}-01",
    ],
)
def test_what_is_none_or_could_hold_a_nik_is_left_out(told: object) -> None:
    assert traceparent_in(told) is None


def test_few_that_are_drawn_at_random_could_hold_a_nik() -> None:
    drawn = random.Random(7)
    told = [f"00-{drawn.getrandbits(128):032x}-{drawn.getrandbits(64):016x}-01" for _ in range(100_000)]

    left_out = sum(traceparent_in(one) is None for one in told)

    assert 0 < left_out < 100


def test_of_several_the_sampled_are_followed_each_once() -> None:
    assert joined([UNSAMPLED, sampled(1)], [sampled(2), sampled(1)]) == (sampled(1), sampled(2))
    assert len(joined(map(sampled, range(1000)))) == MOST


def test_if_none_is_sampled_what_follows_is_not_either() -> None:
    other = f"00-{TRACE}-{SPAN[::-1]}-00"
    assert joined([UNSAMPLED], [other]) == (UNSAMPLED,)
    assert not is_sampled(UNSAMPLED)
    assert joined() == ()
