"""``laju export`` and ``laju import`` against real NATS servers: everything comes over, and nothing by halves."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext
from typer.testing import CliRunner, Result

from services.cli.archive import inspect, restore
from services.cli.errors import CliError
from services.cli.main import app
from shared import bus
from tests.servers import free_port, nats_server

Message = tuple[int, str, dict[str, str], bytes]


def on_bus(url: str, work: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        client = await nats.connect(url)
        try:
            return await work(client.jetstream())
        finally:
            await client.close()

    return asyncio.run(run())


def laju(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def bodies(count: int) -> list[bytes]:
    """Envelopes of 1 to 3 events, one of them twice, and one body that is none."""
    found = [json.dumps([{"id": f"{n}-{k}"} for k in range(n % 3 + 1)]).encode() for n in range(count - 2)]
    return [*found, found[0], b"not\nan envelope"]


async def fill(js: JetStreamContext, envelopes: list[bytes], partitions: int = 4) -> None:
    await bus.ensure_streams(js, partitions=partitions)
    futures = [
        await js.publish_async(
            bus.events_subject(number % partitions),
            body,
            stream=bus.EVENTS,
            # The last but one repeats the first: in production more than two minutes later, so it was stored.
            headers={"Nats-Msg-Id": f"id-{number}", "Laju-Events": str(number)},
        )
        for number, body in enumerate(envelopes)
    ]
    await asyncio.gather(*futures)


async def everything(js: JetStreamContext) -> list[Message]:
    last = (await js.stream_info(bus.EVENTS)).state.last_seq
    found = []
    for sequence in range(1, last + 1):
        message = await js.get_msg(bus.EVENTS, sequence)
        kept = {name: value for name, value in (message.headers or {}).items() if "Expected" not in name}
        found.append((message.seq or 0, message.subject or "", kept, message.data or b""))
    return found


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    with nats_server(tmp_path / "source") as url:
        yield url


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    with nats_server(tmp_path / "empty") as url:
        yield url


@pytest.fixture
def archive(source: str, tmp_path: Path) -> Path:
    on_bus(source, lambda js: fill(js, bodies(700)))
    file = tmp_path / "events.ndjson.gz"
    result = laju("export", file, "--nats-url", source)
    assert result.exit_code == 0, result.output
    assert "700 messages with 1,396 events, sequence 1 to 700" in result.output
    return file


def test_everything_comes_over(archive: Path, source: str, empty: str) -> None:
    result = laju("import", archive, "--nats-url", empty)
    assert result.exit_code == 0, result.output
    assert "700 messages imported" in result.output
    assert on_bus(empty, everything) == on_bus(source, everything)
    assert on_bus(empty, bus.partitions_of) == 4

    again = archive.parent / "again.ndjson.gz"
    assert laju("export", again, "--nats-url", empty).exit_code == 0
    lines = [gzip.decompress(file.read_bytes()).splitlines()[-1] for file in (archive, again)]
    assert json.loads(lines[0])["sha256"] == json.loads(lines[1])["sha256"]


def test_an_export_replaces_a_file_only_when_told_to(archive: Path, source: str) -> None:
    before = archive.read_bytes()
    refused = laju("export", archive, "--nats-url", source)
    assert (refused.exit_code, archive.read_bytes()) == (1, before)
    assert "exists already" in refused.output
    forced = laju("export", archive, "--nats-url", source, "--force")
    assert (forced.exit_code, archive.read_bytes()) == (0, before)  # the same stream, the same bytes
    assert archive.stat().st_mode & 0o077 == 0
    assert [path.name for path in archive.parent.glob("*events*")] == [archive.name]


def test_an_empty_store_comes_over_too(source: str, empty: str, tmp_path: Path) -> None:
    on_bus(source, bus.ensure_streams)
    file = tmp_path / "none.ndjson.gz"
    assert laju("export", file, "--nats-url", source).exit_code == 0
    assert laju("import", file, "--nats-url", empty).exit_code == 0
    assert on_bus(empty, everything) == []


def test_a_message_id_that_recurs_loses_no_message(archive: Path, empty: str, tmp_path: Path) -> None:
    """In production the two lie more than two minutes apart; on import they follow within milliseconds."""
    header, *messages, _ = gzip.decompress(archive.read_bytes()).splitlines(keepends=True)
    messages = [line.replace(b'"id-699"', b'"id-0"') for line in messages]
    twice = tmp_path / "twice.ndjson.gz"
    twice.write_bytes(gzip.compress(b"".join([header, *messages, _])))
    result = laju("import", twice, "--nats-url", empty)
    assert result.exit_code == 0, result.output
    first, *_, last = on_bus(empty, everything)
    assert first[2]["Nats-Msg-Id"] == "id-0"
    assert "Nats-Msg-Id" not in last[2]
    assert last[0] == 700


def test_an_import_into_a_store_that_holds_events_is_refused(archive: Path, source: str) -> None:
    before = on_bus(source, everything)
    result = laju("import", archive, "--nats-url", source)
    assert result.exit_code == 1
    assert "EVENTS is not empty: its last sequence is 700" in result.output
    assert on_bus(source, everything) == before


def test_other_partitions_are_refused(archive: Path, empty: str) -> None:
    on_bus(empty, lambda js: bus.ensure_streams(js, partitions=8))
    result = laju("import", archive, "--nats-url", empty)
    assert result.exit_code == 1
    assert "was created with 8 partitions" in result.output
    assert on_bus(empty, everything) == []


def test_events_can_be_restored_where_the_other_streams_survived(archive: Path, empty: str) -> None:
    async def lose(js: JetStreamContext) -> None:
        await bus.ensure_streams(js)
        await js.delete_stream(bus.EVENTS)

    on_bus(empty, lose)
    assert laju("import", archive, "--nats-url", empty).exit_code == 0
    assert len(on_bus(empty, everything)) == 700


def damaged(file: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(change(lines))))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: lines[:-1], "line 702: the file is cut off: its last line, the manifest, is missing"),
        (lambda lines: [*lines, lines[-1]], "line 703: something follows the manifest"),
        (lambda lines: lines[:300] + lines[301:], "the manifest says messages 700, the lines hold 699"),
        (lambda lines: [lines[0].replace(b"/1", b"/9"), *lines[1:]], "is no archive that this version can read"),
        (lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]], "line 7: sequence 5 is out of place behind 6"),
        (lambda lines: [*lines[:5], lines[5].replace(b"events.0", b"events.9"), *lines[6:]], "line 6: subject"),
        (lambda lines: [*lines[:5], lines[5].replace(b'"4-0"', b'"4-9"'), *lines[6:]], "the manifest says sha256"),
        (lambda lines: [*lines[:5], lines[5][:30], b"\n", *lines[6:]], "line 6: it is not complete JSON"),
    ],
)  # fmt: skip
def test_a_damaged_archive_imports_nothing(
    archive: Path, empty: str, change: Callable[[list[bytes]], list[bytes]], told: str
) -> None:
    damaged(archive, change)
    refused(archive, empty, told)


def refused(archive: Path, url: str, told: str) -> None:
    """Importing is refused with these words before the bus is even looked at."""
    result = laju("import", archive, "--nats-url", url)
    assert result.exit_code == 1
    assert told in result.output
    assert "Nothing was imported" in result.output

    async def streams(js: JetStreamContext) -> int:
        return len(await js.streams_info())

    assert on_bus(url, streams) == 0


def test_a_file_cut_off_in_the_middle_imports_nothing(archive: Path, empty: str) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    refused(archive, empty, "the file is cut off or damaged")


def test_a_flipped_bit_imports_nothing(archive: Path, empty: str) -> None:
    content = bytearray(archive.read_bytes())
    content[-6] ^= 1  # the check sum of gzip
    archive.write_bytes(bytes(content))
    refused(archive, empty, "damaged")


def test_a_file_that_is_none_of_ours_is_refused(empty: str, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text('{"specversion": "1.0"}\n')
    refused(file, empty, "is not gzip")
    file.write_bytes(gzip.compress(file.read_bytes()))
    refused(file, empty, "is no archive that this version can read")


def test_an_interrupted_import_goes_on_where_it_stopped(archive: Path, empty: str, source: str) -> None:
    part = archive.parent / "part.ndjson.gz"
    part.write_bytes(archive.read_bytes())
    on_bus(empty, lambda js: fill(js, bodies(700)[:250]))
    assert laju("import", archive, "--nats-url", empty).exit_code == 1
    result = laju("import", archive, "--nats-url", empty, "--resume")
    assert result.exit_code == 0, result.output
    assert "450 messages imported" in result.output
    assert on_bus(empty, everything) == on_bus(source, everything)


def test_what_is_not_the_beginning_of_the_archive_is_not_resumed(archive: Path, empty: str) -> None:
    on_bus(empty, lambda js: fill(js, [*bodies(700)[:9], b"[]"]))
    result = laju("import", archive, "--nats-url", empty, "--resume")
    assert result.exit_code == 1
    assert "they differ at sequence 10" in result.output
    assert len(on_bus(empty, everything)) == 10


def test_a_store_without_room_stops_the_import_and_says_how_to_go_on(archive: Path, empty: str, source: str) -> None:
    async def limit(js: JetStreamContext, messages: int) -> None:
        config = (await js.stream_info(bus.EVENTS)).config
        config.max_msgs = messages
        await js.update_stream(config)

    async def narrow(js: JetStreamContext) -> None:
        await bus.ensure_streams(js, partitions=4)
        await limit(js, 300)

    on_bus(empty, narrow)
    result = laju("import", archive, "--nats-url", empty)
    assert result.exit_code == 1
    assert "--resume" in result.output
    assert "maximum messages exceeded" in result.output
    assert len(on_bus(empty, everything)) == 300
    on_bus(empty, lambda js: limit(js, -1))
    assert laju("import", archive, "--nats-url", empty, "--resume").exit_code == 0
    assert on_bus(empty, everything) == on_bus(source, everything)


def test_an_event_stored_in_between_stops_the_import(archive: Path, empty: str) -> None:
    """Ingest was not stopped. What it stored cannot be taken back: such a store is never called imported."""
    manifest = inspect(archive, lambda done, total: None)

    async def both(js: JetStreamContext) -> None:
        client = await nats.connect(empty)
        ingest: set[asyncio.Task[Any]] = set()

        def advance(done: int, total: int) -> None:
            if not ingest:
                ingest.add(asyncio.create_task(client.jetstream().publish("events.0", b"[]")))

        try:
            with pytest.raises(CliError, match="somebody else stored something in EVENTS"):
                await restore(js, archive, manifest, replicas=1, resume=False, advance=advance)
            await asyncio.gather(*ingest)
        finally:
            await client.close()

    on_bus(empty, both)
    assert b"[]" in [body for _, _, _, body in on_bus(empty, everything)]
    resumed = laju("import", archive, "--nats-url", empty, "--resume")
    assert resumed.exit_code == 1
    assert "EVENTS does not hold the beginning of" in resumed.output


def test_no_server_and_no_stream_are_told_in_a_sentence(empty: str, tmp_path: Path) -> None:
    port = free_port()
    nobody = laju("export", tmp_path / "x.gz", "--nats-url", f"nats://user:secret@127.0.0.1:{port}")
    assert nobody.exit_code == 1
    assert f"NATS at 127.0.0.1:{port} cannot be reached" in nobody.output
    assert "secret" not in nobody.output
    bare = laju("export", tmp_path / "x.gz", "--nats-url", empty)
    assert bare.exit_code == 1
    assert "has no stream EVENTS" in bare.output
    assert not (tmp_path / "x.gz").exists()
