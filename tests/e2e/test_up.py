"""``laju up --demo``: one command, from nothing to standings and mails, and again on the same data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import free_port, get, listens
from tests.waiting import until

ROLES = 7


def port_base() -> int:
    """The first of seven free ports in a row."""
    return until(lambda: next((base for base in [free_port()] if not any(map(listens, range(base, base + ROLES)))), 0))


@contextmanager
def up(folder: Path, base: int, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """``laju up`` and the file it writes to."""
    out = folder.parent / f"up-{len(list(folder.parent.iterdir()))}.txt"
    command = [sys.executable, "-m", "services.cli", "up", "--data", str(folder), "--port-base", str(base), *options]
    with out.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, "COLUMNS": "160"})
    try:
        yield process, out
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def settled(process: subprocess.Popen[bytes], out: Path) -> str:
    """What it printed, once it has nothing more to say."""

    def said() -> str:
        text = out.read_text()
        assert process.poll() is None, text
        return text if "Ctrl-C ends everything" in text else ""

    return until(said, seconds=120)


def rows(text: str) -> list[str]:
    """The tables' lines, without the times of mails."""
    lines = [line for line in text.splitlines() if line.startswith("│") and "UTC" not in line]
    return [line for line in lines if not re.search(r"tcp|http|nats:|mongodb:|smtp:|/tmp", line)]


def test_one_command_shows_standings_and_mails_and_goes_on_where_it_was(tmp_path: Path) -> None:
    base, folder = port_base(), tmp_path / "data"
    with up(folder, base, "--demo") as (process, out):
        first = settled(process, out)
        assert re.search(r"36\.04 Kabupaten Serang.*31,000 .* 293,443 .* 5\.17 %.*behind", first)
        assert re.search(r"-262,443", first)
        assert "simulated" in first
        told = re.findall(
            r"notice.*\[SIMULASI\] (.+): (\D+) [\d.]+ di bawah garis target per 27 Juni 2024.*sent", first
        )
        assert sorted(told) == [
            ("Kabupaten Serang", "IKD"),
            ("Kota Bengkulu", "IKD"),
            ("Kota Denpasar", "IKD"),  # and perekaman in the same mail
            ("Kota Malang", "IKD"),
        ]
        mails = sorted(path.name for path in (folder / "mail").glob("*.eml"))
        assert len(mails) == len(told)
        standings = get(f"http://127.0.0.1:{base + 1}/v1/regions/36.04/standings?programme=ikd&on=")["standings"]
        assert [row["gap"] for row in standings] == [-262_443]
        with up(tmp_path / "other", base) as (second, said):
            assert second.wait(30) == 1
            assert re.search(rf"port {base}\b.*taken|taken.*port {base}\b", said.read_text(), re.DOTALL)
            assert "--port-base" in said.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    until(lambda: not any(map(listens, range(base, base + ROLES))))

    with up(folder, base, "--demo") as (process, out):
        again = settled(process, out)
        assert rows(again) == rows(first)
        assert sorted(path.name for path in (folder / "mail").glob("*.eml")) == mails
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    until(lambda: not any(map(listens, range(base, base + ROLES))))
