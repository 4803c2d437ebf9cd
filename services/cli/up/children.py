"""The processes of ``laju up`` under honcho: logs to files, an orderly end, and who ended unasked."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import Queue
from pathlib import Path
from typing import Protocol, TextIO

from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.process import Process

SERVICES = ("ingest", "aggregator", "notifier")
_TAIL_LINES = 15
_PATIENCE_SECONDS = 10
# What honcho says of a child, in its own words.
_LIFE = re.compile(r"(?P<name>\S+) (?P<verb>started|stopped) \((?:pid|rc)=(?P<number>-?\d+)\)")


@dataclass(frozen=True, slots=True)
class Ended:
    """A child that ended unasked. ``code`` is its exit code, negative for the signal that killed it."""

    name: str
    code: int
    last_lines: tuple[str, ...]


class _Message(Protocol):
    """What honcho hands to a printer: bytes from a child, text from honcho itself."""

    data: bytes | str
    name: str


class LogFiles:
    """A honcho printer: each child's lines go to NAME.log under ``folder``, honcho's own to up.log.

    ``pids`` are of the children that run; ``on_life`` is called after a child started or ended.
    """

    width = 0  # honcho sets it to the longest name; a file needs no column

    def __init__(self, folder: Path, names: tuple[str, ...], files: ExitStack, on_life: Callable[[], None]) -> None:
        self.pids: dict[str, int] = {}
        self.ended: list[Ended] = []
        self._on_life = on_life
        self._tails: dict[str, deque[str]] = {name: deque(maxlen=_TAIL_LINES) for name in names}
        self._files: dict[str, TextIO] = {
            name: files.enter_context((folder / f"{file}.log").open("a", encoding="utf-8", buffering=1))
            for name, file in [*((name, name) for name in names), (SYSTEM_PRINTER_NAME, "up")]
        }

    def write(self, message: _Message) -> None:
        """Take one line; called by honcho in the main thread only."""
        data = message.data
        line = (data.decode("utf-8", "replace") if isinstance(data, bytes) else data).rstrip("\r\n")
        self._files[message.name].write(line + "\n")
        if message.name in self._tails:
            self._tails[message.name].append(line)
        elif life := _LIFE.fullmatch(line):
            self._note(life["name"], life["verb"], int(life["number"]))

    def _note(self, name: str, verb: str, number: int) -> None:
        if verb == "started":
            self.pids[name] = number
        else:
            del self.pids[name]
            self.ended.append(Ended(name, number, tuple(self._tails[name])))
        self._on_life()


class Watched(Process):  # type: ignore[misc]  # honcho publishes no types
    """A honcho process that is also ended when ``laju up`` itself was killed and can no longer do so.

    Helpers notice in the reverse order of their start, since each also holds open what the earlier ones wait for: the
    services end before the servers.
    """

    def run(self, events: Queue[object], ignore_signals: bool = False) -> None:
        """Run the command in this, a helper process; honcho calls it there."""
        threading.Thread(target=self._end_with_parent, args=(events,), daemon=True).start()
        super().run(events, ignore_signals)

    def _end_with_parent(self, events: Queue[object]) -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
        # Nobody reads the queue any more; waiting for that would keep the helper for ever.
        events.cancel_join_thread()
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGTERM)


class Children(Manager):  # type: ignore[misc]  # honcho publishes no types
    """Honcho's manager with an orderly end: the services first, then the servers they still need to finish their work.

    ``on_started`` is called once, when all children have started.
    """

    def __init__(
        self, procfile: str, env: Mapping[str, str], logs: Path, files: ExitStack, on_started: Callable[[], None]
    ) -> None:
        # The helpers must inherit the lock on the data folder, which only forking does.
        multiprocessing.set_start_method("fork", force=True)
        commands: Mapping[str, str] = parse_procfile(procfile).processes
        self.log_files = LogFiles(logs, tuple(commands), files, self._look)
        super().__init__(printer=self.log_files)
        self._process_ctor = Watched
        for name, command in commands.items():
            self.add_process(name, command, env=dict(env))
        self._number = len(commands)
        self._on_started = on_started
        self._announced = self._asked = False
        self.unasked: Ended | None = None

    def terminate(self) -> None:
        """End all children; called for a signal, and by honcho when a child has ended."""
        if not self._asked:
            self._asked = True
            # honcho itself only loses patience once some child has ended.
            signal.signal(signal.SIGALRM, lambda *_: self.kill())
            signal.alarm(_PATIENCE_SECONDS)
        if not self._announced:
            return  # a child that is still being started cannot be signalled; _look ends it as soon as it can
        services = [pid for name, pid in self.log_files.pids.items() if name in SERVICES]
        if not services:
            super().terminate()
        for pid in services:
            self._procmgr.terminate(pid)

    def loop(self) -> None:
        """Run all children until they have ended: by a signal to this process, or because one ended unasked."""
        # Closing the terminal is a way to say stop, too; the children, in sessions of their own, would not hear of it.
        signal.signal(signal.SIGHUP, lambda *_: ask_to_end())
        super().loop()
        signal.alarm(0)

    def _look(self) -> None:
        if self.log_files.ended and not self._asked:
            self.unasked = self.log_files.ended[0]
        if not self._announced and len(self.log_files.pids) + len(self.log_files.ended) == self._number:
            self._announced = True
            if not self._asked:
                self._on_started()
        if self._asked and self._announced:
            self.terminate()


def ask_to_end() -> None:
    """Ask the main thread to end everything, from any thread."""
    os.kill(os.getpid(), signal.SIGTERM)
