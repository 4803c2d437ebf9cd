"""`laju rebuild`: a progress bar around the aggregator's rebuild, and its outcome in words."""

from __future__ import annotations

from nats.errors import Error as NatsError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.aggregator.pointer import Pointer
from services.aggregator.rebuild import Outcome, Rebuild
from services.aggregator.settings import AggregatorSettings
from services.cli.errors import CliError
from shared import bus
from shared.database import Database
from shared.errors import RecoverableError, StreamLostError

_SHOWN = 20


async def rebuild(console: Console, *, dry_run: bool) -> Outcome:
    """Rebuild with the servers that the settings name, showing progress on ``console``.

    Raises:
        CliError: a server cannot be reached, or EVENTS is not what the projection was built from.
    """
    settings = AggregatorSettings()
    database = Database.at(settings.mongo_url, settings.mongo_database)
    broker = bus.broker(settings.nats_url, name="rebuild", on_closed=lambda: None)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,} a second"),
        TimeRemainingColumn(),
    )
    try:
        await database.ping()
        await broker.connect()
        js = bus.js_of(broker)
        partitions = await bus.partitions_of(js)
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
            serving = await Pointer(database).serving()
            task = progress.add_task(f"projection {serving + 1}", total=None, events=0, rate=0)

            def progressed(envelopes: int, events: int, waiting: int) -> None:
                elapsed = progress.tasks[0].elapsed or 1
                rate = int(events / max(elapsed, 0.1))
                progress.update(task, completed=envelopes, total=envelopes + waiting, events=events, rate=rate)

            return await Rebuild(settings, database, js, partitions, serving, progressed).run(dry_run=dry_run)
    except (NatsError, OSError) as error:
        raise CliError(f"NATS at {settings.nats_url} cannot be used: {type(error).__name__}") from error
    except (RecoverableError, StreamLostError) as error:
        raise CliError(f"{error}. Running `laju rebuild` again goes on where this stopped") from error
    finally:
        if not broker.connection.is_closed:
            await broker.stop()
        database.close()


def told(outcome: Outcome) -> list[str]:
    """What came of it, in lines."""
    lines = [
        f"Projection {outcome.rebuilt}: {outcome.events:,} events in {outcome.envelopes:,} envelopes merged.",
        f"Compared with projection {outcome.serving}: {len(outcome.differences)} differences.",
    ]
    lines += [
        f"  {item.collection} {item.key}: serving {item.serving}, rebuilt {item.rebuilt}"
        for item in outcome.differences[:_SHOWN]
    ]
    if outcome.flipped:
        lines.append(
            f"Projection {outcome.rebuilt} serves now. The database of projection {outcome.serving} is still there; "
            "drop it when you need it no more."
        )
    elif outcome.differences:
        lines.append(f"Projection {outcome.serving} goes on serving. Find out why before you rebuild again.")
    else:
        lines.append(f"Nothing was changed: projection {outcome.serving} goes on serving.")
    return lines
