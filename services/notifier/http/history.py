"""What the notifier answers about the alerts of a region: what was told and said, and how it stands now."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from services.notifier.alert import GRAVITY, AlertState
from services.notifier.alerts import Alerts
from services.notifier.contents import Reason
from services.notifier.history import History, Recorded
from services.notifier.http.regions import LONGEST_CODE, known, problem
from shared.events.base import Programme
from shared.events.outcome import AlertAcknowledged, AlertReason, AlertSilenced, Outcome, Told
from shared.events.region import Authority
from shared.events.standing import Severity, Status
from shared.problems import unavailable
from shared.wilayah import find, within

MOST = 200


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class Figures(_Shown):
    """How the line stood at a step, on the business date ``on``. Counts are people, ``null`` where there is no such
    number; ``gap`` is actual − expected, negative when behind."""

    on: date
    status: Status
    severity: Severity | None
    actual: int
    expected: int | None
    gap: int | None


class StepMail(_Shown):
    """A mail that told a step, and how many of its copies ended how; none while no outcome is known. One that was sent
    may have bounced since, which ``/v1/mails`` says."""

    message_id: str
    outcomes: dict[Outcome, int]


class Step(_Shown):
    """Something told about a line. ``decided_at`` is in UTC; ``sequence`` is its place in ALERTS; ``name`` that of the
    region; ``episode`` counts the alerts of the line from 1; ``rule`` is the rule that fired, with its numbers."""

    kind: Literal["step"] = "step"
    sequence: int
    id: str
    type: Annotated[str, Field(description="The type of its event", examples=["alert.raised.v1"])]
    line: Annotated[str, Field(description="region/programme/authority/due date")]
    region: str
    name: str
    programme: Programme
    episode: int
    reason: AlertReason
    decided_at: datetime
    rule: str
    standing: Figures
    mails: list[StepMail]


class Said(_Shown):
    """What somebody said: ``act`` until ``until``, about a line, or about all lines of a region and what lies in it.
    Times are in UTC. ``episode`` is the one it was about, if it was said by the link of a mail. ``reason`` is in their
    words. A silence with an end that had passed when it was said ended the one before."""

    kind: Literal["word"] = "word"
    sequence: int
    id: str
    type: Annotated[str, Field(description="The type of its event", examples=["alert.acknowledged.v1"])]
    act: Literal["acknowledge", "silence"]
    scope: Annotated[str, Field(description="A line, or the code of a region")]
    episode: int | None
    said_at: datetime
    until: datetime
    by: Literal["link", "operator"]
    reason: str | None


class OpenAlert(_Shown):
    """An alert that is not over. ``about`` is the status that was told. ``since`` is when its episode was first told
    and ``told_at`` when it was told last; ``gravest`` the gravest severity told in it; ``escalated`` how many levels
    above the head were told: 1 the province, 2 the directorate too. Times are in UTC; the ends of an acknowledgement
    and of a silence may have passed."""

    line: str
    region: str
    name: str
    programme: Programme
    authority: Authority
    due_on: date
    about: Literal["behind", "no_data"]
    episode: int
    since: datetime
    told_at: datetime
    gravest: Severity | None
    escalated: int
    acknowledged_until: datetime | None
    silenced_until: datetime | None


class RegionAlerts(_Shown):
    """The alerts of a region and of what lies in it. ``open`` are those that are not over, gravest first; ``history``
    what was told and said, newest first; ``more`` whether there is more of it than was asked for."""

    region: str
    name: str
    open: list[OpenAlert]
    history: list[Annotated[Step | Said, Field(discriminator="kind")]]
    more: bool


Code = Annotated[
    str,
    Path(description="Kemendagri code of any level, or ID for the nation", examples=["36.04"], max_length=LONGEST_CODE),
]


def routes(alerts: Alerts, history: History) -> APIRouter:
    """The routes about alerts. What was told or said a moment ago appears within two seconds."""
    router = APIRouter(prefix="/v1", tags=["alerts"])

    @router.get(
        "/regions/{code}/alerts",
        summary="What was told and said about the alerts of a region, newest first, and which are open",
        responses={404: problem("There is no such region"), 503: problem("Stream ALERTS is not read yet: ask again")},
    )
    async def region_alerts(
        code: Code, limit: Annotated[int, Query(ge=1, le=MOST, description="Most steps and words")] = 50
    ) -> RegionAlerts:
        region = find(known(code))
        if not alerts.known:
            # An empty answer would say that nothing was ever told.
            raise unavailable("what was told is being read from stream ALERTS")
        found = history.newest(region.code, limit + 1)
        return RegionAlerts(
            region=region.code,
            name=region.name,
            open=open_alerts(alerts, region.code),
            history=[shown(recorded) for recorded in found[:limit]],
            more=len(found) > limit,
        )

    return router


def open_alerts(alerts: Alerts, region: str) -> list[OpenAlert]:
    """The alerts within a region that are not over, gravest first, those of the same gravity by line."""
    found = [
        alert
        for line, state in alerts.lines()
        if within(line.partition("/")[0], region) and (alert := _open(line, state)) is not None
    ]
    return sorted(found, key=lambda alert: (-GRAVITY[alert.gravest], alert.line))


def shown(recorded: Recorded) -> Step | Said:
    """A step or a word as the API shows it."""
    event = recorded.event
    if not isinstance(event, Told):
        return _said(recorded.sequence, event)
    alert, standing = event.data, event.data.standing
    return Step(
        sequence=recorded.sequence,
        id=event.id,
        type=event.type,
        line=alert.line,
        region=standing.region,
        name=standing.name,
        programme=standing.programme,
        episode=alert.episode,
        reason=alert.reason,
        decided_at=alert.decided_at.astimezone(UTC),
        rule=alert.rule,
        standing=Figures.model_validate(standing, from_attributes=True),
        mails=[StepMail(message_id=mail, outcomes=Counter(outcomes)) for mail, outcomes in recorded.outcomes.items()],
    )


def _said(sequence: int, event: AlertAcknowledged | AlertSilenced) -> Said:
    word = event.data
    return Said(
        sequence=sequence,
        id=event.id,
        type=event.type,
        act="acknowledge" if isinstance(event, AlertAcknowledged) else "silence",
        scope=word.scope,
        episode=word.episode,
        said_at=event.time.astimezone(UTC),
        until=word.until.astimezone(UTC),
        by=word.by,
        reason=word.reason,
    )


def _open(line: str, state: AlertState) -> OpenAlert | None:
    told = state.told
    if not state.open or told is None or told.target is None or state.first_at is None or state.told_at is None:
        return None
    return OpenAlert(
        line=line,
        region=told.region,
        name=told.name,
        programme=told.programme,
        authority=told.target.authority,
        due_on=told.target.due_on,
        about="no_data" if state.about is Reason.NO_DATA else "behind",
        episode=state.episode,
        since=state.first_at.astimezone(UTC),
        told_at=state.told_at.astimezone(UTC),
        gravest=state.gravest,
        escalated=state.escalated,
        acknowledged_until=_utc(state.acknowledged_until),
        silenced_until=_utc(state.silenced_until),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)
