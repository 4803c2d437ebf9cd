"""The durable pull consumer on PACE, shared by all replicas."""

from __future__ import annotations

import logging
from collections.abc import Callable

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from shared.bus import PACE
from shared.errors import BusUnavailableError

log = logging.getLogger(__name__)

DURABLE = "notifier"
SUBJECTS = "pace.>"
_ANSWER_SECONDS = 2.0


def config() -> ConsumerConfig:
    """What the consumer must look like. It starts at the first standing: what was decided on is recognised."""
    return ConsumerConfig(
        name=DURABLE,
        durable_name=DURABLE,
        filter_subject=SUBJECTS,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=30,
        max_deliver=-1,
        max_ack_pending=64,
    )


async def backlog(js: JetStreamContext) -> int:
    """How many standings are not yet acknowledged, asked of the server.

    Raises:
        BusUnavailableError: it does not answer, or does not know the consumer.
    """
    try:
        info = await js.consumer_info(PACE, DURABLE, timeout=_ANSWER_SECONDS)
    except (NatsError, TimeoutError) as error:
        raise BusUnavailableError(f"asking NATS about consumer {DURABLE} failed: {type(error).__name__}") from error
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def mend(js: Callable[[], JetStreamContext]) -> None:
    """Create the consumer if it is missing.

    Raises:
        NatsError: JetStream does not answer.
    """
    try:
        await js().consumer_info(PACE, DURABLE)
    except NotFoundError:
        log.warning("consumer %s of PACE is missing: creating it from the first standing", DURABLE)
        await js().add_consumer(PACE, config())


async def begin_anew(js: JetStreamContext) -> None:
    """Let the consumer begin at the first standing again.

    Raises:
        NatsError: JetStream does not answer.
    """
    await js.delete_consumer(PACE, DURABLE)
    await js.add_consumer(PACE, config())
