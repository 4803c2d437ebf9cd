"""What the notifier answers over HTTP about its mails and its progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.decide import Reason
from services.notifier.outbox import Outbox, State


class Mail(BaseModel):
    """One mail, without its address. Times are in UTC; ``sent_at`` is when the relay accepted it."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    region: str
    line: Annotated[str, Field(description="The target line it is about: region/programme/authority/due date")]
    reason: Reason
    subject: str
    state: State
    attempts: int
    created_at: datetime
    sent_at: datetime | None


class Mails(BaseModel):
    """The newest mails that were decided on, newest first."""

    mails: list[Mail]


class Progress(BaseModel):
    """What is left to do: standings not yet decided on, and mails not yet delivered and recorded."""

    pending_standings: int
    outbox_pending: int


def routes(outbox: Outbox, pending_standings: Callable[[], Awaitable[int]]) -> APIRouter:
    """The notifier's own routes."""
    router = APIRouter(prefix="/v1", tags=["mails"])

    @router.get("/mails", summary="The newest mails, newest first, without addresses")
    async def mails(limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> Mails:
        return Mails(mails=[Mail.model_validate(document) for document in await outbox.mails(limit)])

    @router.get("/progress", summary="What is not yet decided on, sent and recorded", tags=["operations"])
    async def progress() -> Progress:
        # In this order: a standing leaves the first count only when its mail is in the second.
        pending = await pending_standings()
        return Progress(pending_standings=pending, outbox_pending=len(await outbox.open()))

    return router
