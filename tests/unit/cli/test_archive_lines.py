"""The lines of an archive: whatever was stored comes back byte for byte, whatever was changed is noticed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.archive_lines import (
    FORMAT,
    Header,
    Stored,
    Tally,
    events_in,
    header_in,
    line_of,
    manifest_in,
    message_in,
)

HEADER = Header(format=FORMAT, created="2024-06-27", partitions=16, through=9)


def stored(body: bytes, **headers: str) -> Stored:
    return Stored("events.3", 7, "2024-06-27T02:00:00.000000+00:00", headers, body, events_in(body))


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id":"a"},{"id":"b"}]',
        b"[]",
        b' [ {"id" : "a\\u00e9", "n": 1.50} ] ',
        '[{"place":"Café, \\"bytes\\":3,\\"envelope\\":"}]'.encode(),
        b'[\n{"id": "a"}]',
        b"not an envelope",
        b'{"an": "object"}',
        b"[NaN]",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_a_body_comes_back_byte_for_byte(body: bytes) -> None:
    message = stored(body, **{"Nats-Msg-Id": "x", "envelope": ',"envelope":[]'})
    line = line_of(message)
    assert line.count(b"\n") == 1
    json.loads(line)
    assert message_in(line) == message


@given(body=st.binary(max_size=60) | st.text(alphabet='[]{}",:\\n1e.-\n', max_size=60).map(str.encode))
def test_any_body_comes_back_byte_for_byte(body: bytes) -> None:
    assert message_in(line_of(stored(body))).body == body


def test_an_envelope_stays_readable_in_the_line() -> None:
    line = json.loads(line_of(stored(b'[{"id":"a"}]')))
    assert (line["envelope"], line["bytes"]) == ([{"id": "a"}], 12)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not complete JSON"),
        (b"{}", "subject: Field required"),
        (line_of(stored(b"[]")).replace(b"events.3", b"pace.51"), "subject: String should match"),
        (line_of(stored(b'[{"a":1}]')).replace(b'{"a":1}', b'{"a": 1}'), "formatted anew"),
        (line_of(stored(b"[]")).replace(b'"envelope":[]', b'"body":"!"'), "base64"),
        (line_of(stored(b"[]")).replace(b',"envelope":[]', b""), "neither an envelope"),
    ],
)
def test_another_line_is_refused_with_a_reason(line: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        message_in(line)


def test_the_digest_sees_bodies_subjects_sequences_and_where_a_body_ends() -> None:
    def digest(*messages: Stored) -> str:
        tally = Tally()
        for message in messages:
            tally.add(message)
        return tally.manifest(HEADER).sha256

    one, two = stored(b"[1]"), stored(b"[2]")
    moved = Stored("events.4", 7, one.time, {}, b"[1]", 1)
    later = Stored("events.3", 8, one.time, {}, b"[1]", 1)
    assert len({digest(*found) for found in ([one, two], [two, one], [moved, two], [later, two], [one], [])}) == 6


def test_header_and_manifest_are_told_apart() -> None:
    tally = Tally()
    tally.add(stored(b"[1,2]"))
    manifest = tally.manifest(HEADER)
    assert (manifest.messages, manifest.events, manifest.first_sequence, manifest.last_sequence) == (1, 2, 7, 7)
    assert manifest_in(manifest.model_dump_json().encode()) == manifest
    assert manifest_in(HEADER.model_dump_json().encode()) is None
    assert manifest_in(line_of(stored(b"[]"))) is None
    assert header_in(HEADER.model_dump_json().encode()) == HEADER


def test_a_header_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format: Input should be 'laju-events/1'"):
        header_in(HEADER.model_dump_json().replace("events/1", "events/2").encode())
