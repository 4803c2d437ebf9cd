"""Who projects which partitions: everything is dealt out, evenly, and who is silent is missed in time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.aggregator.assignment import Presence, Roll, assigned

NAMES = st.sets(st.text("abcdef:0123456789", min_size=1, max_size=8), min_size=1, max_size=20)


@given(NAMES, st.integers(1, 256))
def test_each_partition_is_for_one_replica_and_nobody_has_two_more_than_another(names: set[str], count: int) -> None:
    shares = [assigned(name, names, range(count)) for name in names]
    assert sorted(partition for share in shares for partition in share) == list(range(count))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_a_replica_that_is_silent_for_six_beats_is_gone() -> None:
    roll = Roll("a")
    assert roll.heard(Presence(replica="b"))
    assert [roll.beat() for _ in range(5)] == [False] * 5
    assert roll.present() == {"a", "b"}
    assert roll.beat()
    assert roll.present() == {"a"}


def test_a_replica_that_is_heard_again_stays() -> None:
    roll = Roll("a")
    roll.heard(Presence(replica="b"))
    for _ in range(10):
        assert not roll.beat()
        assert not roll.heard(Presence(replica="b"))
    assert roll.present() == {"a", "b"}


def test_who_leaves_is_gone_at_once_and_oneself_is_always_there() -> None:
    roll = Roll("a")
    roll.heard(Presence(replica="b"))
    assert roll.heard(Presence(replica="b", leaving=True))
    assert not roll.heard(Presence(replica="b", leaving=True))
    assert not roll.heard(Presence(replica="a", leaving=True))
    assert roll.present() == {"a"}
