"""`laju rebuild`: a progress bar around the aggregator's rebuild, and its outcome in words."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from services.aggregator.pointer import Pointer
from services.aggregator.rebuild import Outcome, Rebuild
from services.aggregator.settings import AggregatorSettings
from services.cli.errors import CliError
from services.cli.streams import connection, info_of
from shared.bus import EVENTS, partitions_of
from shared.database import Database, DatabaseRefusesError
from shared.errors import FormatError, InvalidError, RecoverableError, StreamLostError
from shared.service import collect_seldom

_SHOWN = 20


async def rebuild(console: Console, *, dry_run: bool) -> Outcome:
    """Rebuild with the servers that the settings name, showing progress on ``console``.

    Raises:
        CliError: a server cannot be reached, or EVENTS or the format is not what the projection was built from.
    """
    collect_seldom()
    settings = AggregatorSettings()
    try:
        database = Database.at(settings.mongo_url, settings.mongo_database, ca=settings.ca)
    except InvalidError as error:
        raise CliError(error.reason) from error
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[events]:,} events, {task.fields[rate]:,} a second"),
        TimeRemainingColumn(),
    )
    try:
        async with connection(settings.nats_url) as client:
            js = client.jetstream()
            await info_of(js, EVENTS)
            with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
                serving = await Pointer(database).serving()
                task = progress.add_task(f"projection {serving + 1}", total=None, events=0, rate=0)

                def progressed(envelopes: int, events: int, waiting: int) -> None:
                    rate = int(events / max(progress.tasks[0].elapsed or 0, 0.1))
                    progress.update(task, completed=envelopes, total=envelopes + waiting, events=events, rate=rate)

                run = Rebuild(settings, database, client, await partitions_of(js), serving, progressed)
                return await run.run(dry_run=dry_run)
    except (RecoverableError, StreamLostError) as error:
        raise CliError(f"{error}. Running `laju rebuild` again goes on where this stopped") from error
    except (FormatError, DatabaseRefusesError) as error:
        raise CliError(str(error)) from error
    finally:
        database.close()


def told(outcome: Outcome) -> list[str]:
    """What came of it, in lines."""
    lines = [
        f"Projection {outcome.rebuilt}: {outcome.events:,} events in {outcome.envelopes:,} envelopes merged.",
        f"Compared with projection {outcome.serving}: {len(outcome.differences)} differences."
        if outcome.compared
        else f"Not compared with projection {outcome.serving}, which another version wrote in another format. "
        "`laju verify` computes figures anew from EVENTS.",
    ]
    lines += [f"  {item.told('serving', 'rebuilt')}" for item in outcome.differences[:_SHOWN]]
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
