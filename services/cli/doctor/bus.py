"""NATS and JetStream: reachable, with the streams as they must be, writing to the disk before it acknowledges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from pydantic import AwareDatetime, BaseModel, ValidationError

from services.cli import streams
from services.cli.doctor import clocks
from services.cli.doctor.finding import Finding, fault, good, unknown, warning
from services.cli.errors import CliError, NotAllowedError, NotLetInError
from shared.bus import EVENTS, differing, partitions_of, stream_configs
from shared.settings import ServiceSettings

ABOUT = "bus"
_FULL = 0.9
_ASK_SECONDS = 5.0
_WHO = " (as administrator, where services have accounts of their own)"
_DURABLE = "put sync_interval: always into its jetstream block, as deploy/nats/nats.conf does, and restart it"


class _StoreConfig(BaseModel):
    """Part of what the server's ``/jsz`` says."""

    sync_always: bool = False
    max_storage: int = 0


class _Store(BaseModel):
    """``storage`` is bytes in use, ``now`` the server's clock."""

    config: _StoreConfig
    storage: int = 0
    now: AwareDatetime


async def examine(settings: ServiceSettings, monitor_url: str | None) -> list[Finding]:
    """The bus that the services use; ``monitor_url`` is where the server's monitoring port is asked, if it may be."""
    try:
        async with streams.connection(settings.nats_url) as client:
            found = [good(ABOUT, "NATS answers and has JetStream")]
            found += await _streams(client.jetstream(), settings)
    except NotLetInError as error:
        found = [fault(ABOUT, str(error), "let LAJU_SECRETS name the folder of a key that its accounts.toml has")]
    except NotAllowedError as error:
        found = [unknown(ABOUT, str(error), "run this with the operator's: LAJU_SECRETS=…/operator laju doctor")]
    except CliError as error:
        return [fault(ABOUT, str(error), "start it: `docker compose up -d nats`, or `laju up` for everything")]
    return [*found, *await _store(monitor_url)]


async def _streams(js: JetStreamContext, settings: ServiceSettings) -> list[Finding]:
    found: list[Finding] = []
    away: dict[str, list[str]] = {}
    wanted = {str(config.name): config for config in stream_configs(settings.stream_replicas, settings.partitions)}
    there = 0
    asked = await asyncio.gather(*(js.stream_info(name) for name in wanted), return_exceptions=True)
    silent = [info for info in asked if isinstance(info, TimeoutError)]
    if len(silent) == len(wanted):
        raise silent[0]
    for (name, config), info in zip(wanted.items(), asked, strict=True):
        if isinstance(info, TimeoutError):
            what = f"stream {name} does not answer: too few of the NATS servers that have it are there"
            found.append(fault(ABOUT, what, "start those that are away, and look at their logs"))
            continue
        if isinstance(info, NotFoundError):
            danger = ". If there were events, it was lost" if name == EVENTS else ""
            mend = f"start the services or run `laju streams create`{_WHO}: both make it. A lost EVENTS comes first: "
            found.append(fault(ABOUT, f"stream {name} is missing{danger}", mend + "`laju import FILE`"))
            continue
        if isinstance(info, BaseException):
            raise info
        there += 1
        for field, (is_, should) in differing(info.config, config).items():
            state = fault if field in ("deny_purge", "deny_delete", "storage") else warning
            what = f"stream {name} has {field} {is_} instead of {should}"
            found.append(state(ABOUT, what, f"`laju streams update`{_WHO}"))
        for peer in (info.cluster and info.cluster.replicas) or ():
            if peer.offline or not peer.current:
                away.setdefault(str(peer.name), []).append(name)
    for server, of in away.items():
        what = f"NATS server {server} is away or behind: {', '.join(of)} have a copy less than they should"
        found.append(warning(ABOUT, what, "look at its log, and start it; until then no other one may be stopped"))
    if there == len(wanted) and not found:
        partitions = await partitions_of(js)
        found.append(good(ABOUT, f"{there} streams are as they must be, EVENTS with {partitions} partitions"))
    return found


async def _store(monitor_url: str | None) -> list[Finding]:
    """What only the server's monitoring port tells."""
    if monitor_url is None:
        need = "give the monitoring port with --nats-monitor or LAJU_NATS_MONITOR_URL, such as http://127.0.0.1:8222"
        return [unknown(ABOUT, "whether the server writes to the disk before it acknowledges was not asked", need)]
    try:
        async with httpx.AsyncClient(timeout=_ASK_SECONDS) as http:
            asked = datetime.now(UTC)
            answer = await http.get(f"{monitor_url.rstrip('/')}/jsz", params={"config": "true"})
            store = _Store.model_validate_json(answer.raise_for_status().content)
    except (httpx.HTTPError, ValidationError) as error:
        what = f"the monitoring port of NATS did not say how it stores: {type(error).__name__}"
        return [unknown(ABOUT, what, "set http_port in its configuration, as deploy/nats/nats.conf does")]
    return [*_judged(store), *clocks.compared("NATS", asked, store.now, datetime.now(UTC))]


def _judged(store: _Store) -> Iterator[Finding]:
    if store.config.sync_always:
        yield good(ABOUT, "JetStream writes to the disk before it acknowledges")
    else:
        yield fault(ABOUT, "JetStream acknowledges before it writes to the disk: a power cut loses events", _DURABLE)
    if (most := store.config.max_storage) > 0 and store.storage > _FULL * most:
        share = 100 * store.storage // most
        more = "raise max_file_store in the server's configuration, or give it a larger disk; full, it takes no events"
        yield warning(ABOUT, f"JetStream has used {share} % of the room that it may use", more)
