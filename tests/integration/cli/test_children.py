"""The processes of ``laju up`` under the real honcho, each case in a process of its own: signals are the subject."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until

PROGRAM = """
import sys
from contextlib import ExitStack
from pathlib import Path
from services.cli.up.children import Children, ask_to_end

folder, then = Path(sys.argv[1]), sys.argv[2]
with ExitStack() as files:
    def started():
        (folder / "pids").write_text(" ".join(str(pid) for pid in children.log_files.pids.values()))
        if then == "end":
            ask_to_end()
    children = Children((folder / "Procfile").read_text(), {"PATH": sys.argv[3]}, folder, files, started)
    children.loop()
if children.unasked:
    print(children.unasked.name, children.unasked.code, *children.unasked.last_lines)
"""
LASTING = "nats: exec sleep 600\nmongo: exec sleep 600\ningest: exec sleep 600\n"


def start(folder: Path, procfile: str, then: str) -> subprocess.Popen[str]:
    (folder / "Procfile").write_text(procfile)
    arguments = [sys.executable, "-c", PROGRAM, str(folder), then, os.environ["PATH"]]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def pids(folder: Path) -> list[int]:
    file = folder / "pids"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def test_a_child_that_ends_unasked_is_named_and_takes_the_others_with_it(tmp_path: Path) -> None:
    procfile = LASTING + "notifier: echo one; echo two; exit 3\n"
    said, _ = start(tmp_path, procfile, "wait").communicate(timeout=60)
    assert said == "notifier 3 one two\n"
    assert (tmp_path / "notifier.log").read_text() == "one\ntwo\n"
    assert not any(alive(pid) for pid in pids(tmp_path))


def test_services_end_before_the_servers_they_need(tmp_path: Path) -> None:
    said, _ = start(tmp_path, LASTING, "end").communicate(timeout=60)
    assert said == ""
    log = (tmp_path / "up.log").read_text()
    assert log.index("ingest stopped") < log.index("sending SIGTERM to nats")
    assert len(pids(tmp_path)) == 3
    assert not any(alive(pid) for pid in pids(tmp_path))


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    deaf = "nats: trap '' TERM; while true; do sleep 600; done\ningest: trap '' TERM; while true; do sleep 600; done\n"
    start(tmp_path, deaf, "end").communicate(timeout=60)
    assert len(pids(tmp_path)) == 2
    assert not any(alive(pid) for pid in pids(tmp_path))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_nothing_is_left_when_laju_up_itself_is_killed(tmp_path: Path) -> None:
    program = start(tmp_path, LASTING, "wait")
    until(lambda: len(pids(tmp_path)) == 3)
    program.kill()
    program.communicate()
    until(lambda: not any(alive(pid) for pid in pids(tmp_path)))
