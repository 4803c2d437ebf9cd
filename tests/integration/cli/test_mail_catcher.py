"""The mail catcher as a process, spoken to in SMTP."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from tests.servers import Process, free_port, listens, running


def command(port: int, folder: Path) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--folder", str(folder)]
    return [sys.executable, "-m", "services.cli", "mail-catcher", *options]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mail"
    made.mkdir()
    return made


@pytest.fixture
def catcher(tmp_path: Path, folder: Path) -> Iterator[tuple[int, Process]]:
    port = free_port()
    process = Process("mail-catcher", command(port, folder), tmp_path / "catcher.log")
    with running(process, lambda: listens(port)):
        yield port, process


def mail(message_id: str = "<1@laju.example>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "laju@laju.example", "kepala.51.71@denpasar.example"
    message["Subject"] = "Capaian IKD tertinggal"
    message["Message-ID"], message["Date"] = message_id, "Thu, 27 Jun 2024 09:00:00 +0800"
    message.set_content("Gap −262.443 orang.\n")
    return message


def send(port: int, message: EmailMessage, *recipients: str) -> None:
    with closing(smtplib.SMTP("127.0.0.1", port, timeout=10)) as client:
        assert client.send_message(message, to_addrs=list(recipients) or None) == {}


def test_a_mail_is_kept_whole(catcher: tuple[int, Process], folder: Path) -> None:
    send(catcher[0], mail())
    (file,) = folder.iterdir()
    assert file.name.startswith("20240627T010000Z-")
    kept = BytesParser(policy=default).parsebytes(file.read_bytes())
    assert isinstance(kept, EmailMessage)
    assert kept["Subject"] == "Capaian IKD tertinggal"
    assert kept.get_content().strip() == "Gap −262.443 orang."


def test_the_same_mail_again_is_the_same_file_and_another_is_not(catcher: tuple[int, Process], folder: Path) -> None:
    send(catcher[0], mail())
    send(catcher[0], mail())
    assert len(list(folder.iterdir())) == 1
    send(catcher[0], mail("<2@laju.example>"))
    assert len(list(folder.iterdir())) == 2


def test_one_file_for_each_recipient(catcher: tuple[int, Process], folder: Path) -> None:
    send(catcher[0], mail(), "a@denpasar.example", "b@denpasar.example")
    assert {file.suffix for file in folder.iterdir()} == {".eml"}
    assert len(list(folder.iterdir())) == 2


def test_a_mail_that_cannot_be_kept_may_be_sent_again(catcher: tuple[int, Process], folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        send(catcher[0], mail())
    folder.mkdir()
    send(catcher[0], mail())
    assert len(list(folder.iterdir())) == 1


def test_it_ends_when_asked(catcher: tuple[int, Process]) -> None:
    assert catcher[1].end(signal.SIGTERM) == 0


def test_a_taken_port_is_said_plainly(catcher: tuple[int, Process], folder: Path) -> None:
    second = subprocess.run(command(catcher[0], folder), capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{catcher[0]}" in second.stderr
    assert "Traceback" not in second.stderr
