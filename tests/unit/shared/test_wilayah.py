"""Regions: names, levels, zones, and what became of retired codes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared import wilayah
from shared.wilayah import Level, UnknownRegionError


def test_the_country_is_complete() -> None:
    assert len(wilayah.children(wilayah.NATION)) == 38
    assert len(wilayah.kabkota_in(wilayah.NATION)) == 514


@pytest.mark.parametrize(
    ("code", "name", "level", "parent"),
    [
        ("ID", "Indonesia", Level.NATION, None),
        ("51", "Bali", Level.PROVINCE, "ID"),
        ("51.71", "Kota Denpasar", Level.KABKOTA, "51"),
        ("51.71.01", "Denpasar Selatan", Level.KECAMATAN, "51.71"),
        ("51.71.01.1001", "Serangan", Level.DESA, "51.71.01"),
    ],
)
def test_a_region_knows_its_place(code: str, name: str, level: Level, parent: str | None) -> None:
    region = wilayah.find(code)
    assert (region.name, region.level, region.parent) == (name, level, parent)


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("11", "Asia/Jakarta"),
        ("36.04", "Asia/Jakarta"),
        ("61", "Asia/Jakarta"),
        ("62", "Asia/Jakarta"),
        ("63", "Asia/Makassar"),
        ("65", "Asia/Makassar"),
        ("51.71", "Asia/Makassar"),
        ("73", "Asia/Makassar"),
        ("81", "Asia/Jayapura"),
        ("96.71", "Asia/Jayapura"),
    ],
)
def test_zones(code: str, zone: str) -> None:
    assert wilayah.find(code).zone == zone


def test_one_moment_is_two_days() -> None:
    moment = datetime(2024, 6, 30, 15, 30, tzinfo=UTC)
    assert wilayah.local_day(moment, "36.04") == date(2024, 6, 30)
    assert wilayah.local_day(moment, "91.71") == date(2024, 7, 1)


@pytest.mark.parametrize("code", ["", "5", "51.7", "51,71", "5171", "51.71.1", "id", "51.71.01.1001.1", "51.71 "])
def test_what_is_not_of_the_form_of_a_code_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegionError, match="is not a Kemendagri region code"):
        wilayah.find(code)


def test_every_retired_code_has_a_successor_of_the_same_name() -> None:
    for retired, successor in wilayah._SUCCESSORS.items():
        with pytest.raises(UnknownRegionError, match=f"{retired} is retired .* use {successor} "):
            wilayah.find(retired)
        assert wilayah.find(successor).level is Level.KABKOTA


def test_an_error_never_repeats_what_could_be_a_nik() -> None:
    with pytest.raises(UnknownRegionError) as raised:
        wilayah.find("5171012304990001")
    assert "5171012304990001" not in str(raised.value)


def test_containment() -> None:
    assert wilayah.within("51.71.01", "51.71")
    assert wilayah.within("51.71", "51.71")
    assert not wilayah.within("51.71", "51.71.01")
    assert not wilayah.within("51.71.10", "51.71.1")
    assert wilayah.within("51.71", "ID")


def test_serang_has_326_desa_and_denpasar_4_kecamatan() -> None:
    assert wilayah.desa_count("36.04") == 326
    assert len(wilayah.children("51.71")) == 4
