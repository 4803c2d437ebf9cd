"""What ``laju alerts explain`` and ``simulate`` say of when mails go out: working hours and quiet times."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.cli.alerts.explaining import explained
from services.cli.alerts.run import hours_here
from services.cli.errors import CliError
from services.notifier.alert import AlertState
from services.notifier.contents import Reason
from services.notifier.decide import Policy
from services.notifier.replay import replay
from services.notifier.schedule import Hours, QuietDays, QuietHours
from services.notifier.settings import NotifierSettings
from tests.unit.notifier.standings import BEHIND

WIB = ZoneInfo("Asia/Jakarta")
FLOOD = QuietDays("36.04", date(2024, 6, 27), date(2024, 6, 27), "Banjir")
PRAYER = QuietHours("ID", time(8), time(13), "Salat Jumat", weekday=4)
HOURS = Hours(quiet=(FLOOD, PRAYER))
THURSDAY = datetime(2024, 6, 27, 9, tzinfo=WIB)


def said(now: datetime, hours: Hours = HOURS, state: AlertState | None = None) -> list[str]:
    return [line.strip() for line in explained(BEHIND, state or AlertState(), None, now, Policy(), hours)]


def test_what_holds_a_mail_back_is_named() -> None:
    assert said(THURSDAY)[-3:] == [
        "the office opens at 2024-06-28 13:00 WIB",
        "until then it is quiet in 36.04: Banjir",
        "until then it is quiet in ID: Salat Jumat",
    ]
    assert said(THURSDAY, Hours())[-1] == "the office is open"
    # At night on a weekend it is the office that is closed, whatever is quiet elsewhere.
    assert said(THURSDAY + timedelta(days=2))[-1] == "the office opens at 2024-07-01 08:00 WIB"


def test_what_goes_to_the_province_waits_for_the_provinces_office() -> None:
    a_week_ago = (THURSDAY - timedelta(days=8)).astimezone(UTC)
    told = AlertState(
        steps=1,
        open=True,
        about=Reason.FIRST,
        episode=1,
        first=BEHIND,
        first_at=a_week_ago,
        told=BEHIND,
        told_at=THURSDAY - timedelta(hours=1),
        gravest="critical",
    )
    assert said(THURSDAY, state=told)[-2:] == [
        "the province is told, by the rule escalated(level=1, since=2024-06-19)",
        "the office is open",
    ]


def test_a_replay_passes_over_quiet_days_and_not_over_quiet_hours() -> None:
    # A Thursday that is quiet, a Friday that is quiet in the morning.
    days = [(on, [BEHIND.model_copy(update={"on": on})]) for on in (date(2024, 6, 27), date(2024, 6, 28))]
    assert [told.on for told in replay("36.04", days, Policy(), HOURS)] == [date(2024, 6, 28)]
    assert [told.on for told in replay("36.04", days, Policy(), Hours())] == [date(2024, 6, 27)]


def test_quiet_times_are_those_of_the_file_here_if_there_is_one(tmp_path: Path) -> None:
    settings = NotifierSettings(data=tmp_path, mail_opens=time(9))
    assert hours_here(settings) == Hours(time(9))

    entry = '[[quiet]]\nregion = "36.04"\nfrom = 2024-06-27\nto = 2024-06-27\nreason = "Banjir"\n'
    settings.recipients_file.write_text(entry, encoding="utf-8")
    assert hours_here(settings) == Hours(time(9), quiet=(FLOOD,))

    settings.recipients_file.write_text(entry.replace("reason", "why"), encoding="utf-8")
    with pytest.raises(CliError, match="line 1, quiet 1: reason: Field required"):
        hours_here(settings)
