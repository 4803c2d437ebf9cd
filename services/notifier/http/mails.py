"""What the notifier answers over HTTP about its mails and its progress."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.delivery.outbox import Kind, Outbox, State
from services.notifier.http.regions import LONGEST_CODE, known, problem
from services.notifier.record import Record


class Bounced(BaseModel):
    """What a report said after the relay had accepted the mail; ``code`` as in RFC 3463."""

    code: str
    at: datetime
    final: bool


class Mail(BaseModel):
    """One copy of a mail, without its address. Times are in UTC; ``sent_at`` is when the relay accepted it."""

    model_config = ConfigDict(frozen=True)

    id: str
    message_id: str
    kind: Kind
    region: str
    language: str
    lines: Annotated[
        list[str], Field(description="The target lines it is about: region/programme/authority/due date each")
    ]
    subject: str
    state: State
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    bounced: Bounced | None
    hides_below: Annotated[
        int | None,
        Field(
            description="Counts of kecamatan, desa and places below this are not in it; null if it has none of such, 0 "
            "if none are hidden"
        ),
    ] = 0


class Mails(BaseModel):
    """The newest mails that were decided on, newest first."""

    mails: list[Mail]


class Progress(BaseModel):
    """What is left to do at this moment: standings not yet kept, audiences not yet looked at, mails not yet delivered
    and recorded, steps not yet on ALERTS. What waits for an office to open is not among it."""

    pending_standings: int
    looks_pending: int
    outbox_pending: int
    steps_pending: int


Region = Annotated[
    str | None,
    Query(
        description="Only those to who answers for this region (Kemendagri code, ID for the nation) or something in "
        "it; heartbeats are of no region",
        examples=["36"],
        max_length=LONGEST_CODE,
    ),
]


def routes(
    outbox: Outbox, pending_standings: Callable[[], Awaitable[int]], pending_looks: Callable[[], int], record: Record
) -> APIRouter:
    """The notifier's own routes."""
    router = APIRouter(prefix="/v1", tags=["mails"])

    @router.get(
        "/mails",
        summary="The newest mails, newest first, without addresses",
        responses={404: problem("There is no such region")},
    )
    async def mails(limit: Annotated[int, Query(ge=1, le=1000)] = 200, region: Region = None) -> Mails:
        code = None if region is None else known(region)
        return Mails(mails=[Mail.model_validate(document) for document in await outbox.mails(limit, code)])

    @router.get("/progress", summary="What is not yet decided on, sent and recorded", tags=["operations"])
    async def progress() -> Progress:
        # In this order: a standing leaves the first count only when it is in the second, and so on.
        pending, looks = await pending_standings(), pending_looks()
        return Progress(
            pending_standings=pending,
            looks_pending=looks,
            outbox_pending=len(await outbox.open()),
            steps_pending=len(await record.kept()),
        )

    return router
