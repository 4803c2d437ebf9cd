"""``laju send`` with tables against a real ingest: dry run, refused rows, a kill half-way, and the same file again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from services.cli.main import app
from tests.integration.ingest.running import KEY, Intake
from tests.waiting import until

HEADER = ("No", "NIK", "Tanggal", "Jam", "Kode Wilayah Domisili", "Kode Wilayah Layanan", "Kanal", "Jenis")


def nik(number: int) -> str:
    return f"517101{1 + number % 28:02}{1 + number // 28 % 12:02}{number // 336 % 100:02}{1 + number // 33_600:04}"


def row(number: int, **changes: Any) -> list[Any]:
    cells = dict(
        zip(
            HEADER,
            (number, nik(number), date(2024, 5, 23), "10.04", "51.71.01.1001", "51.71", "kantor", "aktivasi"),
            strict=True,
        )
    )
    return list((cells | changes).values())


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("data")
    for number, cells in enumerate([list(HEADER), *rows]):
        for column, cell in enumerate(cells):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, datetime.combine(cell, time()))
            else:
                sheet.write(number, column, cell)
    book.close()
    return path


def command(ingest: Intake, folder: Path, *arguments: str, key: str = KEY) -> list[str]:
    data = str(folder / "operator")
    return [
        *(sys.executable, "-m", "services.cli", *arguments),
        *("--url", ingest.url, "--key", key, "--data", data),
    ]


def laju(ingest: Intake, folder: Path, *arguments: str, key: str = KEY) -> tuple[int, str]:
    done = subprocess.run(
        command(ingest, folder, *arguments, key=key),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_a_dry_run_lists_every_bad_row_and_sends_nothing(ingest: Intake, tmp_path: Path) -> None:
    rows = [row(1), row(2, NIK=float(nik(2))), row(3, Kanal="pasar malam"), row(4, Tanggal="31/02/2024", Jam="25.00")]
    file = workbook(tmp_path / "hari ini.xlsx", rows)
    status, said = laju(ingest, tmp_path, "send", str(file), "--dry-run")
    assert status == 2
    told = {line.split(":")[0]: line for line in said.splitlines() if line.startswith("row ")}
    assert "becomes ikd.activated.v1 at 51.71" in said
    assert "stored as a number" in told["row 3"]
    assert "Kanal" in told["row 4"]
    assert "Tanggal" in told["row 5"]
    assert "1 rows can be sent, 3 cannot; nothing was sent" in said
    assert not any(nik(number) in said for number in range(1, 5))
    assert ingest.stored() == []


def test_what_ingest_refuses_is_told_under_the_header_of_the_column(ingest: Intake, tmp_path: Path) -> None:
    """The table is right, but the key is not for all of it."""
    issue = ["keys", "issue", "Denpasar", "--region", "51.71", "--nats-url", ingest.nats_url]
    issued = CliRunner().invoke(app, issue)
    assert issued.exit_code == 0
    token = issued.stdout.strip()
    file = workbook(tmp_path / "mei.xlsx", [row(1), row(2, **{"Kode Wilayah Layanan": "31.71"})])

    def sent() -> str | None:
        told = laju(ingest, tmp_path, "send", str(file), key=token)[1]
        return None if "key is not known" in told else told  # a new key opens within seconds

    said = until(sent)
    assert said is not None
    assert "1 accepted, 1 rejected" in said
    _, wrong = CalamineWorkbook.from_path(tmp_path / "mei.ditolak.xlsx").get_sheet_by_index(0).to_python()
    for text in (said, str(wrong[-1])):
        assert "Kode Wilayah Layanan: key" in text
        assert "may not report for 31.71" in text
        assert "data.service" not in text


def test_refused_rows_are_corrected_in_their_own_file(ingest: Intake, tmp_path: Path) -> None:
    file = workbook(tmp_path / "mei.xlsx", [row(number) for number in range(1, 40)] + [row(40, Kanal="pasar malam")])
    status, said = laju(ingest, tmp_path, "send", str(file))
    assert status == 2
    assert "39 accepted, 1 rejected" in said
    refused = tmp_path / "mei.ditolak.xlsx"
    assert str(refused) in said
    assert refused.stat().st_mode & 0o777 == 0o600
    header, wrong = CalamineWorkbook.from_path(refused).get_sheet_by_index(0).to_python()
    assert header == [*HEADER, "kesalahan"]
    assert wrong[1] == nik(40)
    assert "Kanal" in str(wrong[-1])

    corrected = workbook(tmp_path / "benar.xlsx", [row(40)])
    assert laju(ingest, tmp_path, "send", str(corrected))[0] == 0
    assert laju(ingest, tmp_path, "send", str(file))[0] == 2  # and everything once more
    identities = {(stored.source, stored.id) for stored in ingest.stored()}
    assert len(identities) == 40


@pytest.mark.parametrize("killed_at", [0.1, 0.5])
def test_a_file_that_was_killed_half_way_is_exact_in_the_end(ingest: Intake, tmp_path: Path, killed_at: float) -> None:
    count = int(os.environ.get("LAJU_TEST_ROWS", "6000"))
    file = workbook(tmp_path / "semua.xlsx", [row(number) for number in range(1, count + 1)])
    running = subprocess.Popen(
        command(ingest, tmp_path, "send", str(file)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: len(ingest.stored()) >= count * killed_at, seconds=600)
    finally:
        running.kill()
        running.wait()
    status, said = laju(ingest, tmp_path, "send", str(file))
    assert status == 0
    assert "going on behind row" in said
    assert f"{count} accepted" in laju(ingest, tmp_path, "send", str(file))[1]
    stored = Counter((event.source, event.id) for event in ingest.stored())
    assert len(stored) == count
    assert len({event.data.citizen for event in ingest.stored()}) == count


def test_a_late_file_lands_on_its_own_days_and_corrections_go_by_file(ingest: Intake, tmp_path: Path) -> None:
    file = tmp_path / "batal.csv"
    file.write_text(
        "NIK;Tanggal;Kode Wilayah Domisili;Alasan;Jenis\n"
        f"{nik(1)};3 Mei 2023;51.71;ganda;pembatalan perekaman\n"
        f"{nik(2)};03-05-2023;51.71;meninggal;penonaktifan\n"
    )
    assert laju(ingest, tmp_path, "send", str(file))[0] == 0
    stored = ingest.stored()
    assert {event.type for event in stored} == {"perekaman.voided.v1", "ikd.deactivated.v1"}
    assert {event.time.date() for event in stored} == {date(2023, 5, 3)}


@pytest.mark.parametrize("kind", ["perekaman", "aktivasi", "pembatalan", "penonaktifan", "pindah"])
def test_a_template_that_was_filled_in_comes_in(ingest: Intake, tmp_path: Path, kind: str) -> None:
    template = tmp_path / f"{kind}.xlsx"
    made = subprocess.run(
        [sys.executable, "-m", "services.cli", "template", kind], stdout=template.open("wb"), check=False
    )
    assert made.returncode == 0
    examples = CalamineWorkbook.from_path(template).get_sheet_by_name("contoh").to_python()
    filled = tmp_path / "diisi.csv"
    lines = [";".join("" if cell is None else str(cell) for cell in cells) for cells in examples]
    filled.write_text("\n".join(lines))
    status, said = laju(ingest, tmp_path, "send", str(filled))
    assert (status, said.splitlines()[0]) == (0, "2 accepted, 0 rejected")
