"""Starts everything, waits, tells where it is, and ends everything."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.cli import demo
from services.cli.errors import CliError
from services.cli.up.children import Children, Ended, ask_to_end
from services.cli.up.demo_run import recipients, run_demo
from services.cli.up.environment import SHOWN, check_binaries, environment, reading
from services.cli.up.folder import DataFolder
from services.cli.up.ports import HOST, Ports
from services.cli.up.readiness import wait_until_ready

PROCFILE = Path(__file__).parent.with_name("Procfile")


class _StoppingError(Exception):
    """Ends the work beside the processes; nobody is told."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for. ``as_of`` is the business date, ``None`` for today (of the demo: its own)."""

    data: Path
    demo: bool
    as_of: date | None
    port_base: int


def up(wish: Wish, console: Console) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP; none of the processes is left when this returns.

    Raises:
        CliError: something could not be started, did not become ready, or ended unasked.
    """
    folder, ports = DataFolder(wish.data.resolve()), Ports.from_base(wish.port_base)
    as_of = wish.as_of or (demo.BUSINESS_DATE if wish.demo else None)
    env = environment(os.environ, folder, ports, as_of)
    check_binaries(env["PATH"])
    stop = threading.Event()
    beside: list[Future[None]] = []

    def pause(seconds: float) -> None:
        if stop.wait(seconds):
            raise _StoppingError

    def work() -> None:
        services = _urls(ports)
        wait_until_ready(services, (HOST, ports.smtp), folder.logs, pause)
        console.print(_where(folder, ports))
        if wish.demo:
            run_demo(folder, services, console, pause, env.get(SHOWN))
        console.print("Ctrl-C ends everything; the next start goes on with the same data.")

    def started() -> None:
        # Only now: the children are forked, and a thread must not be in the middle of something when that happens.
        beside.append(pool.submit(work))
        beside[0].add_done_callback(lambda future: ask_to_end() if future.exception() else None)

    with folder.locked(), ExitStack() as files, ThreadPoolExecutor(1) as pool:
        ports.check_free()
        _prepare(folder, ports, wish)
        env |= reading(env, folder)
        children = Children(PROCFILE.read_text(encoding="utf-8"), env, folder.logs, files, started)
        console.print(f"Starting everything on {folder.root} …")
        try:
            children.loop()
        finally:
            stop.set()
    _tell(children.unasked, beside, folder, console)


def _prepare(folder: DataFolder, ports: Ports, wish: Wish) -> None:
    try:
        if wish.demo:
            folder.prepare(ports, recipients())
        else:
            folder.prepare(ports)
    except OSError as error:
        raise CliError(f"the data folder {folder.root} cannot be used: {error.strerror}") from error


def _tell(unasked: Ended | None, beside: list[Future[None]], folder: DataFolder, console: Console) -> None:
    if unasked is not None:
        raise CliError(_obituary(unasked, folder.logs))
    for future in beside:
        with suppress(_StoppingError):
            future.result()
    console.print("Everything has ended.")


def _obituary(ended: Ended, logs: Path) -> str:
    how = f"with exit code {ended.code}" if ended.code >= 0 else f"by signal {-ended.code}"
    lines = "\n".join(f"  {line}" for line in ended.last_lines) or "  (it wrote nothing)"
    return (
        f"{ended.name} ended unasked {how}; the others were ended too. Last lines of {logs / ended.name}.log:\n{lines}"
    )


def _urls(ports: Ports) -> dict[str, str]:
    return {
        "ingest": f"http://{HOST}:{ports.ingest}",
        "aggregator": f"http://{HOST}:{ports.aggregator}",
        "notifier": f"http://{HOST}:{ports.notifier}",
    }


def _where(folder: DataFolder, ports: Ports) -> Table:
    urls = _urls(ports)
    table = Table("what", "where", title="Laju is up")
    for what, where in (
        ("Read API", f"{urls['aggregator']}/docs"),
        ("Ingest", f"{urls['ingest']}/v1/events"),
        ("Notifier", urls["notifier"]),
        ("NATS", f"nats://{HOST}:{ports.nats}, monitoring http://{HOST}:{ports.nats_monitoring}"),
        ("MongoDB", f"mongodb://{HOST}:{ports.mongo}/?directConnection=true"),
        ("Mail catcher", f"smtp://{HOST}:{ports.smtp}"),
        ("Mails", str(folder.mail)),
        ("Operator key", str(folder.operator_key)),
        ("Recipients", str(folder.recipients)),
        ("Logs", str(folder.logs)),
        ("Data", str(folder.root)),
    ):
        table.add_row(what, escape(where))
    return table
