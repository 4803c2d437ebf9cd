"""The demo holds the published figures exactly, names where they come from, and says what is simulated."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import TypeVar

from services.cli import demo
from shared.events import (
    DISTRICT_EVENT,
    BaselineReported,
    BlankoCounted,
    CitizenEvent,
    Event,
    FigureClaimed,
    IkdActivated,
    InterventionAnnounced,
    OutreachReported,
    PerekamanRecorded,
    TargetSet,
    WajibKtpReported,
)
from shared.wilayah import desa_count, kabkota_of, local_day

EVENTS = list(demo.events())
Kind = TypeVar("Kind", bound=Event)


def of(kind: type[Kind]) -> list[Kind]:
    return [event for event in EVENTS if isinstance(event, kind)]


def test_every_event_is_valid_on_the_wire_and_the_same_each_time() -> None:
    lines = [event.model_dump_json(exclude_none=True) for event in EVENTS]
    assert [DISTRICT_EVENT.validate_json(line).identity for line in lines] == [event.identity for event in EVENTS]
    assert lines == [event.model_dump_json(exclude_none=True) for event in demo.events()]


def test_published_baselines() -> None:
    found = {
        (one.region, one.as_of): (one.recorded, one.activated) for one in (event.data for event in of(BaselineReported))
    }
    assert found == {
        ("51.71", date(2023, 9, 12)): (498_773, 6_010),
        ("35.73", date(2023, 12, 31)): (None, 31_100),
        ("35.73", date(2024, 4, 23)): (None, 54_000),
        ("36.04", date(2024, 6, 27)): (None, 31_000),
        ("17.71", date(2024, 6, 27)): (None, 12_393),
    }


def test_published_denominators_and_stock() -> None:
    assert {(one.region, one.as_of, one.count) for one in (event.data for event in of(WajibKtpReported))} == {
        ("51.71", date(2023, 9, 12), 506_409),
        ("36.04", date(2024, 6, 27), 1_200_000),
    }
    assert [(one.region, one.sheets) for one in (event.data for event in of(BlankoCounted))] == [("51.71", 1_639)]


def test_targets() -> None:
    found = {
        (one.region, one.programme, one.authority, one.basis, one.value, one.effective_on, one.due_on)
        for one in (event.data for event in of(TargetSet))
    }
    percent, year, end = "percent_of_wajib_ktp", date(2024, 1, 1), date(2024, 12, 31)
    assert found == {
        ("51.71", "ikd", "national", percent, Decimal(25), date(2023, 1, 1), date(2023, 12, 31)),
        ("51.71", "ikd", "national", percent, Decimal(25), year, end),
        ("51.71", "ikd", "national", percent, Decimal(30), date(2024, 5, 22), end),
        ("51.71", "perekaman", "national", percent, Decimal("99.4"), year, end),
        ("35.73", "ikd", "national", "absolute", Decimal(160_000), year, end),
        ("36.04", "ikd", "local", percent, Decimal(50), year, end),
        ("17.71", "ikd", "national", "absolute", Decimal(67_802), year, end),
    }
    assert all(isinstance(event, TargetSet) for event in EVENTS[-len(found) :])


def test_claims_interventions_and_outreach() -> None:
    assert {(one.region, one.count, one.percent, one.basis) for one in (event.data for event in of(FigureClaimed))} == {
        ("51.71", 6_010, None, None),
        ("36.04", 31_000, Decimal("2.75"), "wajib_ktp"),
        ("17.71", 12_393, Decimal("18.28"), "target"),
    }
    circular, plan = (event.data for event in of(InterventionAnnounced))
    assert (circular.kind, circular.starts_on) == ("circular", date(2024, 5, 22))
    assert (circular.document or "").startswith("400.12.2.1/1764/Disdukcapil")
    assert (plan.people_per_desa or 0) * desa_count(plan.region) == 9_780
    mall = of(OutreachReported)[0].data
    assert (mall.region, mall.on, mall.channel, mall.applicants) == (
        "35.73",
        date(2024, 4, 22),
        "outreach_mall",
        967,
    )


def test_three_offices_of_denpasar_and_no_other_office_outreach() -> None:
    offices = Counter(
        event.data.place
        for event in EVENTS
        if isinstance(event, IkdActivated | PerekamanRecorded) and event.data.channel == "outreach_opd"
    )
    assert offices == {"PUPR": 100, "Satpol PP": 103, "DLHK": 118}
    activations = list(demo.opd_activations())
    assert len({event.data.citizen for event in activations}) == 321
    assert all(kabkota_of(event.data.home) == event.data.service == "51.71" for event in activations)
    assert {local_day(event.time, "51.71").replace(day=1) for event in activations} == {date(2024, 5, 1)}


def test_citizen_events_are_marked_as_simulated_and_nothing_else_is() -> None:
    for event in EVENTS:
        assert event.source.startswith("simulation/") is isinstance(event, CitizenEvent)
        assert event.time.date() <= demo.BUSINESS_DATE


def test_the_published_count_of_malang_stays_what_it_was_on_its_day() -> None:
    served = [event for event in EVENTS if event.id.startswith("35.73-") and isinstance(event, CitizenEvent)]
    assert served
    assert all(event.time.date() > date(2024, 4, 23) for event in served)


def test_assumptions_say_so() -> None:
    by_region = {(one.region, one.as_of): one.document or "" for one in (event.data for event in of(BaselineReported))}
    assert "Asumsi" in by_region["35.73", date(2023, 12, 31)]
    assert "tanpa tanggal" in by_region["17.71", date(2024, 6, 27)]
    assert "asumsi" in by_region["17.71", date(2024, 6, 27)]
