"""Emmett, an event sourcing library for Node.js, with its PostgreSQL event store: a stream a citizen.

The stream keeps the facts and what each changed in the counters; an inline projection adds that to them in the
transaction of the append, as Emmett's documentation does for read models across streams. Its MongoDB event store has no
such projection, and the MongoDB-compatible server that the others use finds none of its updates through an index (they
filter by name and position): an append there takes longer with every citizen. So it runs on PostgreSQL, the store that
its documentation recommends.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from bench.contender import Meter, Ran, arguments, figures_of, report
from tests.servers import Process, free_port, running

_PROGRAM = Path(__file__).with_name("emmett_node")
_DEBIAN = Path("/usr/lib/postgresql")  # where Debian keeps what it does not put on the PATH
_CANNOT_RUN = 3
_AT_ONCE = 32
_END_SECONDS = 60
_CONFIGURATION = (
    "emmett and emmett-postgresql 0.42.0 on Node.js, CommandHandler, a stream a citizen, one append an event, "
    f"{_AT_ONCE} citizens at once over the driver's pool of 10 connections, the counters in an inline SQL projection "
    "(same transaction); PostgreSQL as initdb sets it (fsync and synchronous_commit on), instead of emmett-mongodb, "
    "whose updates the MongoDB-compatible server finds by reading the whole collection"
)


def give_up(why: str) -> NoReturn:
    """End with a status of its own: this contender cannot run here."""
    print(why, file=sys.stderr)
    sys.exit(_CANNOT_RUN)


def node_with_packages() -> str:
    """Where node is; the packages are installed if they are not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        give_up("emmett needs node (20 or newer) and npm on the PATH")
    if not (_PROGRAM / "node_modules" / "@event-driven-io").is_dir():
        command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(command, cwd=_PROGRAM, capture_output=True, text=True, check=False)
        if done.returncode:
            give_up(f"npm install failed in {_PROGRAM.name}:\n{done.stderr.strip()}")
    return node


def postgres_programs() -> Path:
    """The folder of PostgreSQL's server programs."""
    on_path = shutil.which("postgres")
    found = (
        [Path(on_path).resolve().parent] if on_path else sorted(path.parent for path in _DEBIAN.glob("*/bin/postgres"))
    )
    if not found:
        give_up("emmett needs PostgreSQL's server programs (initdb, postgres), on the PATH or where Debian keeps them")
    return found[-1]


def unprivileged(folder: Path) -> list[str]:
    """What goes before a command that refuses to run as root, and works in ``folder``."""
    if os.getuid():
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    # The folders above may be closed to others.
    caps = "-all,+dac_read_search"
    user = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return ["setpriv", *user, f"--inh-caps={caps}", f"--ambient-caps={caps}"]


@contextmanager
def postgres_server(folder: Path, port: int) -> Iterator[int]:
    """A new PostgreSQL server on a port; yields its process id."""
    programs, data = postgres_programs(), folder.resolve() / "postgres"
    data.mkdir(mode=0o700)
    before = unprivileged(data)
    initdb = [*before, str(programs / "initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-E", "UTF8"]
    subprocess.run([*initdb, "--locale=C"], stdout=subprocess.DEVNULL, check=True)
    where = ["-h", "127.0.0.1", "-p", str(port)]
    command = [*before, str(programs / "postgres"), "-D", str(data), *where, "-k", ""]
    process = Process("postgres", command, folder / "postgres.log")

    def is_ready() -> bool:
        asked = subprocess.run([str(programs / "pg_isready"), *where], stdout=subprocess.DEVNULL, check=False)
        return asked.returncode == 0

    with running(process, is_ready):
        assert process.child is not None
        yield process.child.pid


def family(pid: int) -> list[int]:
    """A process and its children: PostgreSQL has one for each connection."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def family_cpu_seconds(pid: int) -> float:
    """Processor seconds of a process and its children, those that have ended too."""
    ticks = 0
    for member in family(pid):
        with suppress(OSError):  # ended since
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def family_memory_mb(pid: int) -> int:
    """The memory that a process and its children hold now, what they share counted once."""
    kilobytes = 0
    for member in family(pid):
        with suppress(OSError):
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
            kilobytes += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return kilobytes // 1024


class Node:
    """The program as a process: a line of JSON from it and a line to it in turn."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.process = Process("node", command, folder / "node.log")
        with self.process.log.open("wb") as log:
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.process.child = self._child

    def hear(self) -> Any:
        """The next thing it tells."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, f"node ended:\n{self.process.tail()}"
        return json.loads(line)

    def go_on(self) -> None:
        """Let it go on."""
        assert self._child.stdin is not None
        self._child.stdin.write(b"\n")
        self._child.stdin.flush()


@contextmanager
def program(command: list[str], folder: Path) -> Iterator[Node]:
    """The program from its start on, ended afterwards."""
    node = Node(command, folder)
    try:
        yield node
    finally:
        node.process.end(seconds=_END_SECONDS)


def run(events: Path, folder: Path) -> Ran:
    """Start the server and the program, and let it work against the clock."""
    port = free_port()
    url = f"postgresql://bench@127.0.0.1:{port}/postgres"
    command = [node_with_packages(), str(_PROGRAM / "main.mjs"), str(events), url, str(_AT_ONCE)]
    with postgres_server(folder, port) as postgres, program(command, folder) as node:
        assert node.hear() == "ready"
        before = family_cpu_seconds(postgres)
        meter = Meter({}, {"node": node.process})
        meter.start()
        node.go_on()
        worked = node.hear()
        ran = meter.stop(worked["events"], None, _CONFIGURATION)
        spent, held = family_cpu_seconds(postgres) - before, family_memory_mb(postgres)
        node.go_on()
        return replace(
            ran,
            seconds=worked["seconds"],
            server_cpu_seconds=spent,
            peak_rss_mb={"postgres": held, **ran.peak_rss_mb},
            figures=figures_of(tuple(row) for row in node.hear()),
        )


def main() -> None:
    """Run and report."""
    report(run(*arguments()))


if __name__ == "__main__":
    main()
