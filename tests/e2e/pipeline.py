"""The whole of Laju as real processes: NATS, MongoDB wire, SMTP, the three services. Events go in over HTTP; numbers
come out of the read API and mails out of the mail catcher."""

from __future__ import annotations

import asyncio
import email
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import nats
import pymongo
from nats.js import JetStreamContext

from tests.days import not_today
from tests.servers import (
    BIN,
    Process,
    free_port,
    is_ready,
    listens,
    mongo_process,
    mongo_url,
    nats_server,
    running,
    service_process,
)
from tests.waiting import until

KEY = "laju_test_key"
Result = TypeVar("Result")


@dataclass
class Pipeline:
    """A running Laju; ``send`` and ``settle`` are all a test needs to say."""

    ingest: str
    aggregator: str
    notifier: str
    mail_folder: Path
    folder: Path
    nats_url: str
    mongo_url: str
    http: httpx.Client
    database: Process
    services: dict[str, Process]

    def send(self, *events: dict[str, Any], expect: int = 202) -> dict[str, Any]:
        """Hand in events in batches of 1,000; returns the last receipt."""
        receipt: dict[str, Any] = {}
        for start in range(0, len(events), 1000):
            answer = self.http.post(
                f"{self.ingest}/v1/events",
                content=json.dumps(events[start : start + 1000]),
                headers={
                    "Authorization": f"Bearer {KEY}",
                    "Content-Type": "application/cloudevents-batch+json",
                },
            )
            assert answer.status_code == expect, answer.text
            receipt = answer.json()
            assert expect != 202 or receipt["rejected"] == []
        return receipt

    def settle(self, *, seconds: float = 60) -> None:
        """Wait until everything sent is projected, assessed, decided on and mailed."""
        until(self._projected, seconds=seconds)
        until(self._told, seconds=seconds)

    def read(self, path: str, **params: Any) -> Any:
        """A document of the read API."""
        answer = self.http.get(f"{self.aggregator}/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def standing(self, region: str, **params: Any) -> dict[str, Any]:
        """The one standing of a region that the parameters leave, targets only."""
        rows = self.read(f"regions/{region}/standings", **params)["standings"]
        (row,) = [row for row in rows if row["target"] is not None]
        return dict(row)

    def on_bus(self, work: Callable[[JetStreamContext], Awaitable[Result]]) -> Result:
        """What comes of doing something with JetStream past the services."""

        async def run() -> Result:
            client = await nats.connect(self.nats_url)
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(run())

    def drop_projection(self) -> None:
        """Throw the projection away, as an operator would who wants it rebuilt."""
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(self.mongo_url)
        with client:
            client.drop_database("laju_p1")

    def mails(self) -> list[EmailMessage]:
        """Every mail that arrived, oldest first."""
        found = []
        for path in sorted(self.mail_folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
            message = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found

    def mails_about(self, name: str) -> list[EmailMessage]:
        """The mails whose subject names a region."""
        return [mail for mail in self.mails() if name in str(mail["Subject"])]

    def _projected(self) -> bool:
        progress = self._progress(self.aggregator)
        return progress.get("lag_events") == 0 and progress.get("assessments_pending") == 0

    def _told(self) -> bool:
        return set(self._progress(self.notifier).values()) == {0}

    def _progress(self, service: str) -> dict[str, Any]:
        try:
            return dict(self.http.get(f"{service}/v1/progress").json())
        except httpx.TransportError:  # it is just starting
            return {}


def recipients(regions: Iterable[str]) -> str:
    """A recipients file with one head for each region."""
    return "\n".join(
        f'[[recipient]]\nregion = "{region}"\nrole = "head"\n'
        f'title = "Kepala Disdukcapil {region}"\nemail = "kepala.{region}@disdukcapil.example"\n'
        for region in regions
    )


@contextmanager
def pipeline(
    folder: Path, *, as_of: str, heads: Iterable[str] = (), cache: str = "256M", **settings: str
) -> Iterator[Pipeline]:
    """Start everything on free ports below ``folder``; ``settings`` are further LAJU_ variables, ``cache`` is the
    database's."""
    mail_folder = folder / "mail"
    mail_folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipients.toml").write_text(recipients(heads))
    ports = {name: free_port() for name in ("ingest", "aggregator", "notifier", "smtp")}
    mongo_port = free_port()
    database = mongo_process(folder / "mongo", mongo_port, cache=cache)
    with ExitStack() as stack:
        stack.enter_context(running(database, lambda: listens(mongo_port)))
        environment = {
            "LAJU_DATA": str(folder / "data"),
            "LAJU_NATS_URL": stack.enter_context(nats_server(folder / "nats")),
            "LAJU_MONGO_URL": mongo_url(mongo_port),
            "LAJU_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}",
            "LAJU_RECIPIENTS": str(folder / "recipients.toml"),
            "LAJU_API_KEY": KEY,
            "LAJU_AS_OF": as_of,
            "LAJU_DEBOUNCE_SECONDS": "0.05",
            "LAJU_MAIL_ANY_TIME": "true",
            "LAJU_GATHER_SECONDS": "0.5",
            "LAJU_DIGEST_WEEKDAY": str(not_today()),
            "LAJU_AGGREGATOR_URL": f"http://127.0.0.1:{ports['aggregator']}",
            "LAJU_NOTIFIER_URL": f"http://127.0.0.1:{ports['notifier']}",
            "LAJU_NOTIFIER_API_URL": f"http://127.0.0.1:{ports['notifier']}",
            **{f"LAJU_{name.upper()}_PORT": str(port) for name, port in ports.items()},
            **settings,
        }
        catcher = [str(BIN / "python"), "-m", "services.cli", "mail-catcher", "--host", "127.0.0.1"]
        catcher += ["--port", str(ports["smtp"]), "--folder", str(mail_folder)]
        smtp = Process("smtp", catcher, folder / "smtp.log")
        stack.enter_context(running(smtp, lambda: listens(ports["smtp"])))
        services = {
            name: service_process(name, folder / name, environment) for name in ("ingest", "aggregator", "notifier")
        }
        for process in services.values():  # all at once: most of their start is importing
            process.start()
            stack.callback(process.end)
        for name in services:
            until(partial(is_ready, ports[name]), seconds=40)
        http = stack.enter_context(httpx.Client(timeout=30))
        yield Pipeline(
            ingest=f"http://127.0.0.1:{ports['ingest']}",
            aggregator=f"http://127.0.0.1:{ports['aggregator']}",
            notifier=f"http://127.0.0.1:{ports['notifier']}",
            mail_folder=mail_folder,
            folder=folder,
            nats_url=environment["LAJU_NATS_URL"],
            mongo_url=environment["LAJU_MONGO_URL"],
            http=http,
            database=database,
            services=services,
        )
