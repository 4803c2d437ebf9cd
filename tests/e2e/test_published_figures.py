"""The published figures of four cities, in at ingest and out of the read API and the mailboxes, exact to the digit.

Sources: NusaBali, 23 May 2024 and Bali Post, 13 September 2023 (Kota Denpasar); Memontum, 23 April 2024 (Kota Malang);
Tangerang Ekspres, 27 June 2024 (Kabupaten Serang); Bengkulu Ekspress, undated (Kota Bengkulu).
"""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

from tests.e2e.pipeline import Pipeline
from tests.events import citizen, event, target


def _wajib_ktp(region: str, as_of: str, count: int) -> dict[str, Any]:
    return event("wajib_ktp.reported", region=region, as_of=as_of, count=count, source="siak")


def _baseline(region: str, as_of: str, **counts: Any) -> dict[str, Any]:
    return event("baseline.reported", region=region, as_of=as_of, **counts)


def _activation(number: int, home: str, service: str, day: str, **more: str) -> dict[str, Any]:
    return event(
        "ikd.activated",
        time=f"{day}T10:00:00+07:00",
        citizen=citizen(number),
        home=home,
        service=service,
        **{"channel": "outreach_opd", **more},
    )


def _text(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def _shares(laju: Pipeline, region: str, by: str, **params: str) -> dict[str, int]:
    document = laju.read(f"regions/{region}/breakdown", by=by, programme="ikd", **params)
    return {row["key"]: row["count"] for row in document["rows"]}


def test_denpasar_2023_backlog_coverage_stock_and_a_missed_year(laju: Pipeline) -> None:
    day = "2023-09-12"
    laju.send(
        _wajib_ktp("51.71", day, 506_409),
        _baseline("51.71", day, recorded=498_773, activated=6_010),
        target("51.71", 25, start_on="2023-01-01", due_on="2023-12-31", effective_on="2023-01-01"),
        target("51.71", 99.4, programme="perekaman", start_on="2023-01-01", due_on="2023-12-31",
               effective_on="2023-01-01"),
        event("blanko.counted", region="51.71", as_of=day, sheets=1_639),
        event("backlog.reported", region="51.71", as_of=day, reasons=[{"reason": "turned_17", "count": 4_000},
              {"reason": "moved_in", "count": 3_636}]),
    )  # fmt: skip
    laju.settle()
    region = laju.read("regions/51.71", on=day)
    assert region["wajib_ktp"] == {"count": 506_409, "as_of": day}
    assert region["programmes"]["perekaman"]["recorded"] == 498_773
    assert region["programmes"]["perekaman"]["coverage_percent"] == "98.49"
    assert region["programmes"]["ikd"] == {"active": 6_010, "coverage_percent": "1.19", "served": 0}
    assert region["backlog"]["count"] == 7_636
    assert {row["reason"] for row in region["backlog"]["reasons"]} == {"turned_17", "moved_in"}
    assert region["blanko"] == {"sheets": 1_639, "as_of": day, "percent_of_backlog": "21.46", "warning": True}
    assert region["warnings"] == []
    ikd = laju.standing("51.71", programme="ikd", on=day)
    assert (ikd["coverage_percent"], ikd["attainment_percent"], ikd["required"]) == ("1.19", "4.75", 126_603)
    perekaman = laju.standing("51.71", programme="perekaman", on=day)
    assert (perekaman["coverage_percent"], perekaman["actual"] < perekaman["required"]) == ("98.49", True)
    for programme in ("ikd", "perekaman"):
        assert laju.standing("51.71", programme=programme, on="2024-01-15")["status"] == "missed"


def test_denpasar_2024_a_target_that_changes_by_decree(laju: Pipeline) -> None:
    laju.send(
        target("51.71", 25),
        target("51.71", 30, effective_on="2024-05-23"),
        event(
            "intervention.announced", region="51.71", kind="circular", title="Surat Edaran aktivasi IKD",
            starts_on="2024-05-22", document="400.12.2.1/1764/Disdukcapil",
        ),
        *(_activation(n, "51.71.01", "51.71", "2024-05-10", channel="office") for n in range(1_000, 1_280)),
    )  # fmt: skip
    offices = {"Dinas PUPR": 100, "Satpol PP": 103, "DLHK": 118}
    numbers = iter(range(2_000, 3_000))
    laju.send(
        *(
            _activation(next(numbers), "51.71.02", "51.71", "2024-05-23", place=place, group="asn")
            for place, count in offices.items()
            for _ in range(count)
        )
    )
    laju.settle()
    rows = {
        day: [row for row in laju.read("regions/51.71/standings", programme="ikd", on=day)["standings"]
              if row["target"]["due_on"] == "2024-12-31"]
        for day in ("2024-05-22", "2024-05-23")
    }  # fmt: skip
    assert [row["required"] for row in rows["2024-05-22"]] == [126_603]
    assert [row["required"] for row in rows["2024-05-23"]] == [151_923]
    assert rows["2024-05-23"][0]["actual"] == 6_010 + 280 + 321
    assert _shares(laju, "51.71", "channel") == {"outreach_opd": 321, "office": 280}
    assert _shares(laju, "51.71", "place") == offices
    assert _shares(laju, "51.71", "group") == {"asn": 321}
    (circular,) = laju.read("regions/51.71/interventions")["interventions"]
    assert (circular["rate_before"], circular["rate_after"]) == (10.0, 11.46)
    assert circular["document"] == "400.12.2.1/1764/Disdukcapil"


def test_malang_the_opening_balance_decides(laju: Pipeline) -> None:
    day = "2024-04-23"
    laju.send(
        _baseline("35.73", day, activated=54_000),
        target("35.73", 160_000, basis="absolute"),
        event("outreach.reported", region="35.73", on="2024-04-22", channel="outreach_mall", place="Mal",
              applicants=967),
    )  # fmt: skip
    laju.settle()
    row = laju.standing("35.73", programme="ikd", on=day)
    assert (row["attainment_percent"], row["elapsed_days"], row["total_days"]) == ("33.75", 114, 366)
    assert (row["expected"], row["gap"], row["days_left"], row["required_rate"]) == (49_836, 4_164, 252, 421)
    assert row["required"] - row["actual"] == 106_000
    assert row["status"] != "behind"
    (mall,) = laju.read("regions/35.73/outreach")["outreach"]
    assert (mall["applicants"], mall["services"]) == (967, 0)
    assert laju.read("regions/35.73", on=day)["programmes"]["ikd"]["active"] == 54_000

    laju.send(_baseline("35.73", "2023-12-31", activated=31_100))
    laju.settle()
    row = laju.standing("35.73", programme="ikd", on=day)
    assert (row["base"], row["expected"], row["gap"], row["status"]) == (31_100, 71_249, -17_249, "behind")


def test_malang_out_of_town_citizens_count_at_home(laju: Pipeline) -> None:
    homes = ["35.73"] * 75 + ["35.07"] * 20 + ["35.79"] * 5
    laju.send(*(_activation(n, home, "35.73", "2024-06-03", group="asn") for n, home in enumerate(homes, 5_000)))
    laju.settle()
    malang = laju.read("regions/35.73")["programmes"]["ikd"]
    assert (malang["active"], malang["served"]) == (54_075, 100)
    elsewhere = [laju.read(f"regions/{region}")["programmes"]["ikd"] for region in ("35.07", "35.79")]
    assert [(ikd["active"], ikd["served"]) for ikd in elsewhere] == [(20, 0), (5, 0)]
    assert _shares(laju, "35.73", "home_region") == {"35.73": 75, "35.07": 20, "35.79": 5}
    assert _shares(laju, "35.07", "service_region") == {"35.73": 20}
    assert laju.read("regions/35")["programmes"]["ikd"]["active"] == 54_100


def test_malang_the_denominator_grows_daily(laju: Pipeline) -> None:
    laju.send(
        *(_wajib_ktp("35.73", f"2024-06-{day:02}", 650_000 + 40 * day) for day in (24, 25, 26)),
        target("35.73", 25, authority="local"),
    )
    laju.settle()
    rows = [
        next(row for row in laju.read("regions/35.73/standings", on=f"2024-06-{day}")["standings"]
             if row["target"] and row["target"]["authority"] == "local")
        for day in (24, 25, 26)
    ]  # fmt: skip
    assert [row["required"] for row in rows] == [162_740, 162_750, 162_760]
    assert rows[0]["expected"] < rows[1]["expected"] < rows[2]["expected"]


def test_serang_a_stretch_target_and_a_claim_that_does_not_match(laju: Pipeline) -> None:
    day = "2024-06-27"
    laju.send(
        _wajib_ktp("36.04", day, 1_200_000),
        _baseline("36.04", day, activated=31_000),
        target("36.04", 50, authority="local"),
        event("figure.claimed", region="36.04", as_of=day, programme="ikd", count=31_000, percent=2.75,
              source="Tangerang Ekspres, 27 Juni 2024"),
        event("intervention.announced", region="36.04", kind="outreach", title="Perangkat desa", starts_on="2024-07-01",
              people_per_desa=30),
    )  # fmt: skip
    laju.settle()
    row = laju.standing("36.04", programme="ikd")
    assert (row["required"], row["attainment_percent"], row["coverage_percent"]) == (600_000, "5.17", "2.58")
    assert (row["elapsed_days"], row["expected"], row["gap"]) == (179, 293_443, -262_443)
    assert (row["required_rate"], row["status"]) == (3_043, "behind")
    (claim,) = laju.read("regions/36.04/claims")["claims"]
    assert (claim["verdict"], claim["matching_basis"]) == ("mismatch", [])
    assert [item["percent"] for item in claim["recomputed"] if item["basis"] == "wajib_ktp"] == ["2.58"]
    assert (claim["fitting"]["count"], claim["fitting"]["whole"]) == (33_000, 1_127_273)
    (plan,) = laju.read("regions/36.04/interventions")["interventions"]
    assert plan["expected_people"] == 9_780
    (mail,) = laju.mails_about("Serang")
    assert mail["To"] == "kepala.36.04@disdukcapil.example"
    for figure in ("600.000", "31.000", "293.443", "262.443", "5,17", "2,58", "3.043"):
        assert figure in _text(mail)


def test_bengkulu_a_reprimand_and_a_recovery(laju: Pipeline) -> None:
    laju.send(_baseline("17.71", "2024-06-20", activated=12_393), target("17.71", 67_802, basis="absolute"))
    laju.settle()
    row = laju.standing("17.71", programme="ikd")
    assert (row["attainment_percent"], row["required"] - row["actual"]) == ("18.28", 55_409)
    assert row["status"] == "behind"
    assert len(laju.mails_about("Bengkulu")) == 1
    # Teams go to every office; of the staff of vertical agencies only residents count. It is back on the line.
    homes = ["17.71"] * 20_800 + ["17.03"] * 300
    laju.send(
        *(
            _activation(n, home, "17.71", f"2024-06-{21 + n % 7}", place="Instansi vertikal")
            for n, home in enumerate(homes, 10_000)
        )
    )
    laju.settle()
    row = laju.standing("17.71", programme="ikd")
    assert (row["actual"], row["status"]) == (33_193, "on_pace")
    first, resolved = laju.mails_about("Bengkulu")
    assert first["Message-ID"] != resolved["Message-ID"]
    assert laju.read("regions/17.03")["programmes"]["ikd"]["active"] == 300


def test_ikd_needs_perekaman_first(laju: Pipeline) -> None:
    laju.send(_baseline("17.06", "2024-06-27", recorded=10, activated=11), _wajib_ktp("17.06", "2024-06-27", 9))
    laju.settle()
    warned = [warning.partition(":")[0] for warning in laju.read("regions/17.06")["warnings"]]
    assert warned == ["ikd_exceeds_perekaman", "perekaman_exceeds_wajib_ktp", "ikd_exceeds_wajib_ktp"]


def test_provinces_and_the_nation_are_the_sum_of_their_parts(laju: Pipeline) -> None:
    for wide in ("35", "ID"):
        for row in laju.read(f"regions/{wide}/standings", programme="ikd")["standings"]:
            assert row["target"]["id"].startswith(f"rollup/{wide}/")
    nation = next(
        row
        for row in laju.read("regions/ID/standings", programme="ikd")["standings"]
        if (row["target"]["authority"], row["target"]["due_on"]) == ("national", "2024-12-31")
    )
    parts = []
    for code in ("51.71", "35.73", "17.71"):
        rows = laju.read(f"regions/{code}/standings", programme="ikd")["standings"]
        parts += [
            row for row in rows if (row["target"]["authority"], row["target"]["due_on"]) == ("national", "2024-12-31")
        ]
    for name in ("actual", "required", "expected", "gap"):
        assert nation[name] == sum(row[name] for row in parts)
    assert (nation["target"]["members"], nation["target"]["of"]) == (3, 514)


def test_metrics_show_the_same_numbers(laju: Pipeline) -> None:
    shown = laju.http.get(f"{laju.aggregator}/metrics").text
    assert 'laju_pace_gap_people{authority="local",programme="ikd",region="36.04"} -262443.0' in shown
    assert 'laju_pace_status{authority="local",programme="ikd",region="36.04",status="behind"} 1.0' in shown


def test_nobody_was_mailed_twice(laju: Pipeline) -> None:
    ids = [str(mail["Message-ID"]) for mail in laju.mails()]
    assert len(ids) == len(set(ids))
    assert ids
