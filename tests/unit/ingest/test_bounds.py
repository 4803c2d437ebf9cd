"""Inflating bodies: what was compressed comes out, what is cut off or too large does not."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.encodings import inflated
from services.ingest.http.limits import Rates, Room
from services.ingest.keys.key import operator
from shared.problems import Problem
from tests.unit.ingest.test_keys import NOW, key

LIMIT = 1_000_000
COMPRESS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.compress}
PARTS = st.lists(st.binary(max_size=3000), min_size=1, max_size=3)


def nothing(size: int) -> None:
    """All sizes are welcome."""


@pytest.mark.parametrize("encoding", COMPRESS)
@given(parts=PARTS, repeated=st.integers(1, 50))
def test_what_was_compressed_comes_out_also_in_several_pieces(encoding: str, parts: list[bytes], repeated: int) -> None:
    body = b"".join(COMPRESS[encoding](part * repeated) for part in parts)
    assert inflated(body, encoding, LIMIT, nothing) == b"".join(part * repeated for part in parts)


@pytest.mark.parametrize("encoding", COMPRESS)
@given(data=st.binary(min_size=1, max_size=2000), cut=st.integers(1, 10_000))
def test_what_is_cut_off_is_refused(encoding: str, data: bytes, cut: int) -> None:
    body = COMPRESS[encoding](data)
    shorter = body[: -(cut % (len(body) - 1)) - 1]
    if shorter:
        with pytest.raises(Problem) as refused:
            inflated(shorter, encoding, LIMIT, nothing)
        assert refused.value.status == 400


@pytest.mark.parametrize("encoding", COMPRESS)
@given(garbage=st.binary(min_size=1, max_size=200))
def test_garbage_is_refused_or_empty(encoding: str, garbage: bytes) -> None:
    assert _outcome(garbage, encoding) in (400, "inflated")


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_bomb_is_refused_before_it_is_large(encoding: str) -> None:
    if encoding == "gzip":
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        body = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    else:
        body = zstandard.ZstdCompressor(level=19).compress(bytes(300_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(Problem) as refused:
            inflated(body, encoding, LIMIT, nothing)
        assert refused.value.status == 413
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def _outcome(body: bytes, encoding: str) -> int | str:
    try:
        inflated(body, encoding, LIMIT, nothing)
    except Problem as problem:
        return problem.status
    return "inflated"


def test_another_encoding_is_refused_with_what_would_be_taken() -> None:
    assert inflated(b"x", "identity", LIMIT, nothing) == b"x"
    with pytest.raises(Problem) as refused:
        inflated(b"x", "br", LIMIT, nothing)
    assert refused.value.status == 415
    assert refused.value.headers["Accept-Encoding"] == "gzip, zstd"


@given(gaps=st.lists(st.floats(0, 0.5), max_size=200))
def test_a_key_gets_its_rate_and_twice_as_many_at_once(gaps: list[float]) -> None:
    rates, slow, now, refused = Rates(), key("*", requests_per_second=10), 0.0, []
    for gap in gaps:
        now += gap
        try:
            rates.take(slow, now)
        except Problem as problem:
            refused.append((problem.status, problem.headers["Retry-After"]))
    taken = len(gaps) - len(refused)
    assert taken <= 20 + 10 * now + 1e-6
    assert taken >= min(20, len(gaps))
    assert set(refused) <= {(429, "1")}
    for _ in range(1000):
        rates.take(operator("x", NOW), now)


def test_room_is_given_back() -> None:
    room = Room(requests=2, size=100)
    with room.hold() as first:
        first.take(60)
        with room.hold() as second:
            with pytest.raises(Problem) as busy:
                second.take(41)
            assert busy.value.status == 503
            assert busy.value.headers["Retry-After"] == "1"
            second.take(40)
            with pytest.raises(Problem), room.hold():
                pass
    assert (room.requests, room.size) == (0, 0)
    with room.hold() as third:
        third.take(100)
