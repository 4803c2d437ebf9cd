"""Shares and flows: what is shown of how much, and in which order."""

from __future__ import annotations

import pytest

from shared.charts import Share, flows, shares
from tests.unit.charts.reading import painted, texts
from tests.unit.charts.samples import CHANNELS

TITLE = "Layanan menurut saluran"


@pytest.mark.parametrize("narrow", [False, True])
def test_shares_stand_in_order_with_count_and_per_cent(narrow: bool) -> None:
    chart = shares([Share("UPT", 1), Share("kantor", 5), Share("desa", 2)], "id", TITLE, narrow=narrow)

    assert chart.table.columns == ("Nama", "Jumlah (orang)", "Persen dari seluruhnya")
    assert chart.table.rows == (("kantor", "5", "62,50%"), ("desa", "2", "25,00%"), ("UPT", "1", "12,50%"))
    assert [text for text in texts(chart) if text in ("kantor", "desa", "UPT")] == ["kantor", "desa", "UPT"]
    assert [text for text in texts(chart) if "%" in text] == ["5 (62,50%)", "2 (25,00%)", "1 (12,50%)"]
    assert chart.summary == f"{TITLE}: seluruhnya 8 orang. Terbanyak: kantor 5, desa 2, UPT 1."


def test_bars_are_as_long_as_their_counts() -> None:
    chart = shares([Share("a", 100), Share("b", 50), Share("c", 0)], "id", TITLE)
    bars = painted(chart, "gain")
    (ends,) = (series["points"] for series in chart.points["series"])
    lengths = [float(bar.split("L")[1].split()[0]) - float(bar[1:].split()[0]) for bar in bars]

    assert len(bars) == 2
    assert lengths[0] == pytest.approx(2 * lengths[1], abs=0.2)
    assert ends[0][0] > ends[1][0] > ends[2][0]


def test_more_than_twelve_are_summed_up() -> None:
    chart = shares(CHANNELS, "id", TITLE)

    assert len(chart.table.rows) == 13
    assert chart.table.rows[-1][:2] == ("Lainnya (3)", f"{sum(row.count for row in CHANNELS[12:]):,}".replace(",", "."))
    assert len(shares(CHANNELS[:12], "id", TITLE).table.rows) == 12
    assert shares(CHANNELS, "en", TITLE).table.rows[-1][0] == "Others (3)"


@pytest.mark.parametrize("rows", [[Share("a", 0), Share("b", 0)], [Share("a", 5), Share("b", -1)]])
def test_where_a_per_cent_would_mean_nothing_there_is_none(rows: list[Share]) -> None:
    chart = shares(rows, "id", TITLE)

    assert "%" not in " ".join(texts(chart))
    assert [row[2] for row in chart.table.rows] == ["", ""]


def test_per_cent_are_rounded_half_up() -> None:
    chart = shares([Share("a", 19_999), Share("b", 1)], "id", TITLE)

    assert [row[2] for row in chart.table.rows] == ["100,00%", "0,01%"]


def test_without_rows_it_says_so() -> None:
    chart = shares([], "en", TITLE)

    assert chart.table.rows == ()
    assert "Nothing is recorded yet." in texts(chart)


def test_flows_keep_the_two_views_apart() -> None:
    chart = flows(
        "Kota Serang",
        "id",
        at_home=81_234,
        away=[Share("Kota Cilegon", 2_100), Share("Kabupaten Serang", 4_021)],
        visitors=[Share("Kabupaten Pandeglang", 730)],
        unit="services",
    )

    assert chart.table.rows == (
        ("Warga Kota Serang yang dilayani di daerah sendiri", "Kota Serang", "81.234"),
        ("Warga Kota Serang yang dilayani di daerah lain", "Kabupaten Serang", "4.021"),
        ("Warga Kota Serang yang dilayani di daerah lain", "Kota Cilegon", "2.100"),
        ("Warga daerah lain yang dilayani oleh Kota Serang", "Kabupaten Pandeglang", "730"),
    )
    assert chart.summary == (
        "Warga Kota Serang yang dilayani: 81.234 layanan di daerah sendiri dan 6.121 layanan di daerah lain. Warga "
        "daerah lain yang dilayani oleh Kota Serang: 730 layanan."
    )
    assert (len(painted(chart, "gain")), len(painted(chart, "visitor"))) == (2, 1)


def test_a_group_without_flows_says_so() -> None:
    chart = flows("Kota Serang", "id", at_home=3, away=[], visitors=[])

    assert texts(chart).count("Tidak ada.") == 2


def test_each_group_of_flows_is_summed_up_after_eight() -> None:
    chart = flows("Kota Serang", "id", at_home=3, away=CHANNELS, visitors=CHANNELS[:9])

    assert [row[1] for row in chart.table.rows if "Lainnya" in row[1]] == ["Lainnya (7)", "Lainnya (1)"]
