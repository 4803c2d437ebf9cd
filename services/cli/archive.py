"""``laju export`` and ``laju import``: EVENTS to and from one file, message by message and byte for byte.

See archive_lines.py for the format. Both read and write sequentially and hold a few hundred messages at most.
"""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import APIError, NotFoundError

from services.cli.appearing import appearing
from services.cli.archive_lines import (
    FORMAT,
    Header,
    Manifest,
    Stored,
    Tally,
    events_in,
    header_in,
    line_of,
    manifest_in,
    message_in,
)
from services.cli.errors import CliError
from services.cli.streams import info_of, read
from shared.bus import EVENTS, ensure_streams, partitions_of, stream_configs

Advance = Callable[[int, int], None]
"""Told how many messages are done, and of how many."""

_LONGEST_LINE = 128 * 1024 * 1024
_IN_FLIGHT = 256
_ACK_SECONDS = 30.0
_WRONG_LAST_SEQUENCE = 10071
# Twice the time within which the server drops a message with an id it has seen, see shared/bus.py.
_ID_SECONDS = 240.0
_MSG_ID, _EXPECTED_LAST, _EXPECTED = "Nats-Msg-Id", "Nats-Expected-Last-Sequence", "nats-expected-"


async def export(js: JetStreamContext, file: Path, *, force: bool, advance: Advance) -> Manifest:
    """Write everything that EVENTS holds now to ``file``, which only its owner may read.

    The file appears whole or not at all. What is stored meanwhile is left out.

    Raises:
        CliError: ``file`` exists and ``force`` is not given, it cannot be written, or there is no EVENTS.
        NatsError: JetStream refused.
    """
    info = await info_of(js, EVENTS)
    header = Header(
        format=FORMAT,
        created=str(info.created),
        partitions=await partitions_of(js),
        through=info.state.last_seq,
    )
    tally = Tally()
    with (
        _appearing(file, force=force) as out,
        gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=6, mtime=0) as lines,
    ):
        lines.write(header.model_dump_json().encode() + b"\n")
        if info.state.messages:
            async for message in read(js, EVENTS, through=header.through):
                metadata = message.metadata
                body = message.data
                stored = Stored(
                    message.subject,
                    metadata.sequence.stream,
                    metadata.timestamp.isoformat(timespec="microseconds"),
                    dict(message.headers or {}),
                    body,
                    events_in(body),
                )
                lines.write(line_of(stored))
                tally.add(stored)
                advance(tally.messages, info.state.messages)
        if tally.messages != info.state.messages:
            raise CliError(
                f"EVENTS held {info.state.messages} messages up to sequence {header.through}, but only "
                f"{tally.messages} could be read. Nothing was written; look at the log of NATS."
            )
        manifest = tally.manifest(header)
        lines.write(manifest.model_dump_json().encode() + b"\n")
    return manifest


@contextmanager
def _appearing(file: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that is renamed to ``file`` once it is on the disk, and deleted if writing it fails."""
    if file.exists() and not force:
        raise CliError(f"{file} exists already. Give another name, or --force to replace it.")
    try:
        with appearing(file) as out:
            yield out
    except OSError as error:
        raise CliError(f"{file} cannot be written: {error.strerror or error}") from error


def inspect(file: Path, advance: Advance) -> Manifest:
    """Read an archive from beginning to end and return its manifest, which is true of it.

    Raises:
        CliError: it cannot be read, is cut off or damaged; the message says in which line.
    """
    header: Header | None = None
    manifest: Manifest | None = None
    tally = Tally()
    # To the very end: what gzip itself knows about damage stands behind the last line.
    for number, line in _lines(file):
        if manifest is not None:
            raise _damaged(file, number, "something follows the manifest")
        try:
            if header is None:
                header = header_in(line)
            elif found := manifest_in(line):
                manifest = _true(file, number, found, tally.manifest(header))
            else:
                tally.add(_fitting(message_in(line), header, tally))
                advance(tally.last_sequence, header.through)
        except ValueError as error:
            if header is None:
                raise CliError(
                    f"{file} is no archive that this version can read: {error}. It takes what `laju export` writes, "
                    f"format {FORMAT}. Nothing was imported."
                ) from error
            raise _damaged(file, number, str(error)) from error
    if manifest is None:
        raise _damaged(file, tally.messages + 2, "the file is cut off: its last line, the manifest, is missing")
    return manifest


def _fitting(message: Stored, header: Header, before: Tally) -> Stored:
    if not before.last_sequence < message.sequence <= header.through:
        raise ValueError(f"sequence {message.sequence} is out of place behind {before.last_sequence}")
    if int(message.subject.removeprefix("events.")) >= header.partitions:
        raise ValueError(f"subject {message.subject} is none of {header.partitions} partitions")
    return message


def _true(file: Path, number: int, found: Manifest, counted: Manifest) -> Manifest:
    for name, value in counted.model_dump().items():
        if getattr(found, name) != value:
            raise _damaged(file, number, f"the manifest says {name} {getattr(found, name)}, the lines hold {value}")
    return found


def _damaged(file: Path, number: int, what: str) -> CliError:
    return CliError(f"{file}, line {number}: {what}. Use another copy, or export again. Nothing was imported.")


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines, counted from 1.

    Raises:
        CliError: the file cannot be read or decompressed.
    """
    number = 0
    try:
        with gzip.open(file) as lines:
            while line := lines.readline(_LONGEST_LINE):
                number += 1
                yield number, line
    except (EOFError, zlib.error) as error:
        raise _damaged(file, number + 1, f"the file is cut off or damaged ({error})") from error
    except gzip.BadGzipFile as error:
        raise CliError(
            f"{file} is not gzip, or damaged behind line {number}: {error}. Nothing was imported."
        ) from error
    except OSError as error:
        raise CliError(f"{file} cannot be read: {error.strerror or error}") from error


async def restore(
    js: JetStreamContext, file: Path, manifest: Manifest, *, replicas: int, resume: bool, advance: Advance
) -> int:
    """Store the messages of an inspected archive in EVENTS, in order; returns how many were stored by this call.

    Streams that do not exist are created, EVENTS with the archive's partitions. EVENTS must be empty, or, with
    ``resume``, hold the beginning of this very archive. Each message states the sequence it must follow, so none is
    skipped or stored out of order, and what somebody else stores in between is noticed. Message ids are kept; one that
    recurs within the server's window of recognition is left out the second time, because the server would drop that
    message.

    Raises:
        CliError: EVENTS is not empty or has other partitions, or storing failed; it says how to go on.
        NatsError: JetStream refused to create a stream.
    """
    await _ensure_events(js, file, manifest, replicas)
    done = await _already(js, file, resume=resume)
    first = done
    window: deque[asyncio.Task[PubAck]] = deque()
    recent = _Recent()
    try:
        for message in _messages(file, skip=done):
            headers = {name: value for name, value in message.headers.items() if not name.lower().startswith(_EXPECTED)}
            if recent.repeats(headers.get(_MSG_ID), time.monotonic()):
                del headers[_MSG_ID]
            headers[_EXPECTED_LAST] = str(done + len(window))
            publish = js.publish(message.subject, message.body, _ACK_SECONDS, EVENTS, headers)
            window.append(asyncio.create_task(publish))
            if len(window) >= _IN_FLIGHT:
                done = await _acknowledged(window, done)
                advance(done, manifest.messages)
        while window:
            done = await _acknowledged(window, done)
            advance(done, manifest.messages)
    except (NatsError, TimeoutError) as error:
        if isinstance(error, APIError) and error.err_code == _WRONG_LAST_SEQUENCE:
            raise _intruded(done) from error
        raise CliError(
            f"importing {file} stopped: {_why(error)}. EVENTS holds only part of it, the first {done} of "
            f"{manifest.messages} messages or a few more. Mend the cause, keep ingest stopped, and run the same "
            "command with --resume."
        ) from error
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)
    if done != manifest.messages:
        raise CliError(f"{file} changed while it was imported: {done} of {manifest.messages} messages were stored.")
    return done - first


async def _ensure_events(js: JetStreamContext, file: Path, manifest: Manifest, replicas: int) -> None:
    try:
        await js.stream_info(EVENTS)
    except NotFoundError:
        # Services refuse to create EVENTS while other streams are there. Who imports means to have it again.
        (config,) = [one for one in stream_configs(replicas, manifest.partitions) if one.name == EVENTS]
        await js.add_stream(config)
    await ensure_streams(js, replicas=replicas, partitions=manifest.partitions)
    partitions = await partitions_of(js)
    if partitions != manifest.partitions:
        raise CliError(
            f"EVENTS was created with {partitions} partitions, {file} has {manifest.partitions}. Start NATS with an "
            "empty store and import before the services are started: the import creates EVENTS as the archive needs it."
        )


async def _already(js: JetStreamContext, file: Path, *, resume: bool) -> int:
    """How many messages of the archive EVENTS holds already."""
    state = (await info_of(js, EVENTS)).state
    if not state.last_seq:
        return 0
    if not resume:
        raise CliError(
            f"EVENTS is not empty: its last sequence is {state.last_seq}. An archive can only be imported into an "
            "empty EVENTS: start NATS with an empty store. If an import of this very file was interrupted, run it "
            "again with --resume."
        )
    messages = _messages(file)
    count = 0
    async for stored in read(js, EVENTS, through=state.last_seq):
        count += 1
        wanted = next(messages, None)
        if (
            wanted is None
            or (stored.subject, stored.data) != (wanted.subject, wanted.body)
            or stored.metadata.sequence.stream != count
        ):
            raise CliError(
                f"EVENTS does not hold the beginning of {file}: they differ at sequence {count}. It cannot be resumed; "
                "start NATS with an empty store and import without --resume."
            )
    return count


def _messages(file: Path, *, skip: int = 0) -> Iterator[Stored]:
    """The messages of an archive that was inspected, from behind the first ``skip`` on."""
    for number, line in _lines(file):
        if number <= skip + 1:
            continue
        if manifest_in(line):
            return
        try:
            yield message_in(line)
        except ValueError as error:
            raise CliError(f"{file}, line {number}: changed while it was imported: {error}") from error


async def _acknowledged(window: deque[asyncio.Task[PubAck]], done: int) -> int:
    """Wait for the oldest message in flight; returns how many are stored now."""
    ack = await window[0]
    window.popleft()
    if ack.duplicate or ack.seq != done + 1:
        raise _intruded(done)
    return done + 1


def _intruded(done: int) -> CliError:
    return CliError(
        f"somebody else stored something in EVENTS behind the first {done} messages of the import, which was stopped. "
        "Stop ingest and whatever else publishes, start NATS with an empty store and import again."
    )


class _Recent:
    """Message ids published within the last minutes."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def repeats(self, key: str | None, now: float) -> bool:
        """Whether the id was seen within the window; notes it if not. ``now`` is in seconds and only grows."""
        while self._seen and now - next(iter(self._seen.values())) > _ID_SECONDS:
            self._seen.popitem(last=False)
        if key is None or key in self._seen:
            return key is not None
        self._seen[key] = now
        return False


def _why(error: Exception) -> str:
    if isinstance(error, APIError):
        return f"JetStream answered {error.err_code}, {error.description}"
    return f"JetStream did not acknowledge ({type(error).__name__})"
