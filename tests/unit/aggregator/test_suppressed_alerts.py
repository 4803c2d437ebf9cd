"""What pages tell of alerts where small counts are hidden: of narrow regions nothing that the reader does not tell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.aggregator.notices import Alerts, Figures, Mail, OpenAlert, Said, Step
from services.aggregator.suppressed_alerts import Moment, Told, alerts, moments, shows_letter
from shared.events.standing import Standing
from tests.unit.notifier.standings import standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
DAY = date(2024, 6, 27)
KOTA, KECAMATAN, DESA = "36.04", "36.04.05", "36.04.05.2001"


def row(region: str, **changes: Any) -> Standing:
    """What the reader tells of a region on the day."""
    return standing(region=region, **changes)


def step(region: str, **changes: Any) -> Step:
    """A head was told that a region is behind, with the figures of :func:`row`."""
    told = row(region)
    figures = {"actual": told.actual, "expected": told.expected, "gap": told.gap} | changes
    return Step(
        kind="step",
        line=told.line,
        region=region,
        name=told.name,
        programme=told.programme,
        reason="first",
        decided_at=NOW,
        rule="first(days_behind=40, rate7=1.00)",
        standing=Figures(on=DAY, status="behind", severity="critical", **figures),
    )


def said(scope: str) -> Said:
    return Said(kind="word", act="acknowledge", scope=scope, said_at=NOW, until=NOW, reason=None)


def opened(region: str) -> OpenAlert:
    told = row(region)
    return OpenAlert(
        line=told.line,
        region=region,
        name=told.name,
        programme=told.programme,
        due_on=date(2024, 12, 31),
        about="behind",
        since=NOW,
        told_at=NOW,
        gravest="critical",
        escalated=0,
        acknowledged_until=None,
        silenced_until=None,
    )


def found(*history: Step | Said, still: tuple[OpenAlert, ...] = ()) -> Alerts:
    return Alerts(open=still, history=history, more=False)


def mail(hides_below: int | None) -> Mail:
    return Mail(
        id="<1@laju.go.id>/00", message_id="<1@laju.go.id>", kind="notice", region=KOTA, subject="IKD", state="sent",
        created_at=NOW, sent_at=NOW, hides_below=hides_below,
    )  # fmt: skip


def test_of_kabkota_and_wider_regions_everything_is_told() -> None:
    everything = found(
        step(KOTA), step("36"), said(row(KOTA).line), said("36"), still=(opened(KOTA), opened("36"))
    )  # fmt: skip

    assert moments(everything) == frozenset()
    assert alerts(everything, {}) == everything


def test_what_must_be_known_of_which_day() -> None:
    everything = found(step(KECAMATAN), step(DESA), said(row(KECAMATAN).line), said(DESA), still=(opened(KECAMATAN),))

    assert moments(everything) == {Moment(KECAMATAN, DAY), Moment(DESA, DAY), Moment(KECAMATAN), Moment(DESA)}


@pytest.mark.parametrize("region", [KECAMATAN, DESA])
def test_of_what_is_hidden_nothing_is_left(region: str) -> None:
    everything = found(
        step(region), step(KOTA), said(row(region).line), said(region), still=(opened(region), opened(KOTA))
    )  # fmt: skip
    # On that day the other programme was told, today neither.
    told: Told = {Moment(region, DAY): [row(region, programme="perekaman", target=None)], Moment(region): []}

    assert alerts(everything, told) == found(step(KOTA), still=(opened(KOTA),))


def test_what_is_told_is_told_without_rule_and_gravest_severity() -> None:
    everything = found(
        step(KECAMATAN), said(row(KECAMATAN).line), said(KECAMATAN), still=(opened(KECAMATAN),)
    )  # fmt: skip
    told: Told = {Moment(KECAMATAN, DAY): [row(KECAMATAN)], Moment(KECAMATAN): [row(KECAMATAN)]}
    shown = alerts(everything, told)

    assert shown.history == (
        step(KECAMATAN).model_copy(update={"rule": ""}), said(row(KECAMATAN).line), said(KECAMATAN),
    )  # fmt: skip
    assert shown.open == (opened(KECAMATAN).model_copy(update={"gravest": None}),)


@pytest.mark.parametrize(
    "changes", [{"actual": 3}, {"expected": 3}, {"gap": -3}, {"actual": 3, "expected": None, "gap": None}]
)
def test_figures_that_are_others_now_are_left_out(changes: dict[str, int | None]) -> None:
    (shown,) = alerts(found(step(KECAMATAN, **changes)), {Moment(KECAMATAN, DAY): [row(KECAMATAN)]}).history

    assert isinstance(shown, Step)
    assert (shown.reason, shown.standing.on) == ("first", DAY)
    assert (shown.standing.actual, shown.standing.expected, shown.standing.gap, shown.rule) == (None, None, None, "")


def test_figures_of_another_line_do_not_do() -> None:
    other = row(KECAMATAN, target=None)
    (shown,) = alerts(found(step(KECAMATAN)), {Moment(KECAMATAN, DAY): [other]}).history

    assert isinstance(shown, Step)
    assert shown.standing.gap is None


def test_a_word_about_a_retired_code_is_about_its_successor() -> None:
    word = said("91.01.01/ikd/national/2024-12-31")

    assert (word.region, word.programme) == ("93.01.01", "ikd")
    assert moments(found(word)) == {Moment("93.01.01")}
    assert said("91.01").programme is None


@pytest.mark.parametrize(
    ("hides_below", "smallest", "shown"),
    [
        (None, 0, True), (None, 5, True), (0, 0, True), (5, 0, True), (5, 5, True), (10, 5, True),
        (0, 5, False), (3, 5, False), (5, 10, False),
    ],
)  # fmt: skip
def test_a_letter_is_shown_that_hides_as_much(hides_below: int | None, smallest: int, shown: bool) -> None:
    assert shows_letter(mail(hides_below), smallest) is shown


def test_a_mail_of_which_that_is_not_known_hides_nothing() -> None:
    before = {key: value for key, value in mail(5).model_dump().items() if key != "hides_below"}

    assert not shows_letter(Mail.model_validate(before), 5)
