"""The ports that tests give to servers."""

from __future__ import annotations

from tests.servers import free_port

MANY = 500


def test_no_port_is_given_twice() -> None:
    assert len({free_port() for _ in range(MANY)}) == MANY
