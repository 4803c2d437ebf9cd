"""The data folder of ``laju up``: what lies where, one user at a time, and the files written before a start."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.errors import CliError
from services.cli.up.ports import HOST, Ports

_NO_RECIPIENTS = """\
# The heads to mail. Without an entry nobody is told. The file is read again when it changes.
#
# [[recipient]]
# region = "51.71"
# role = "head"
# title = "Kepala Disdukcapil Kota Denpasar"
# email = "kepala@dukcapil.denpasar.example"
"""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths under ``root``, an absolute path."""

    root: Path

    @property
    def logs(self) -> Path:
        """One NAME.log for each process."""
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        """The mails that were caught."""
        return self.root / "mail"

    @property
    def operator_key(self) -> Path:
        """The API key that ingest makes when it starts for the first time."""
        return self.root / "operator.key"

    @property
    def recipients(self) -> Path:
        """The heads of regions and their addresses."""
        return self.root / "recipients.toml"

    @property
    def demo_events(self) -> Path:
        """The events of the demo."""
        return self.root / "demo.ndjson"

    def prepare(self, ports: Ports, recipients: str = _NO_RECIPIENTS) -> None:
        """Make the folders and the configuration of NATS; a recipients file is only written if there is none."""
        for folder in (self.root / "nats", self.root / "mongo", self.logs, self.mail):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / "nats.conf").write_text(_nats_conf(self.root / "nats", ports), encoding="utf-8")
        if not self.recipients.exists():
            self.recipients.write_text(recipients, encoding="utf-8")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the folder for this process and the helpers it forks.

        The helpers share the lock: should this process be killed, the folder stays locked while servers still run.

        Raises:
            CliError: it is in use, or cannot be written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise CliError(f"the data folder {self.root} cannot be used: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise CliError(
                    f"the data folder {self.root} is in use by another `laju up` ({lock.read().strip()}). Stop it "
                    "(if it was killed, end the servers it left behind), or choose another folder with --data"
                ) from error
            lock.truncate(0)
            lock.write(f"process {os.getpid()}\n")
            lock.flush()
            yield


def _nats_conf(store: Path, ports: Ports) -> str:
    # `sync_interval: always`: an acknowledged envelope is on the disk; the server's own default is two minutes.
    return f"""\
# Written by `laju up` at each start.
server_name: laju
host: {HOST}
port: {ports.nats}
http: "{HOST}:{ports.nats_monitoring}"
max_payload: 8MB
jetstream {{
  store_dir: {json.dumps(str(store), ensure_ascii=False)}
  sync_interval: always
  max_file_store: 1TB
}}
"""
