"""The numbers of a standing as a mail shows them: id-ID, with unit and basis, in the order of the table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from shared.errors import InvalidError
from shared.events import Programme
from shared.events.standing import Forecast, Standing, TargetInForce

PROGRAMMES: dict[Programme, str] = {"ikd": "IKD", "perekaman": "perekaman KTP-el"}
_ACTIVITIES: dict[Programme, str] = {"ikd": "aktivasi IKD", "perekaman": "perekaman KTP-el"}
_AUTHORITIES = {"national": "nasional", "local": "daerah"}
_SEVERITIES = {"warning": "peringatan", "serious": "serius", "critical": "kritis"}
_STATUSES = {
    "behind": "di bawah garis target",
    "on_pace": "sesuai garis target",
    "at_risk": "pada garis target, tetapi laju 7 dan 28 hari terakhir belum mencukupi",
    "achieved": "target tercapai",
}
Row = tuple[str, str]


def number(value: int | Decimal) -> str:
    """``-1234567`` as ``−1.234.567``: a whole number, with the minus sign of prose."""
    return str(format_decimal(value, "#,##0", locale="id_ID")).replace("-", "−")


def decimal(value: Decimal) -> str:
    """``18.28`` as ``18,28``: always two decimals."""
    return str(format_decimal(value, "#,##0.00", locale="id_ID")).replace("-", "−")


def percent(value: Decimal) -> str:
    """``18.28`` as ``18,28%``."""
    return f"{decimal(value)}%"


def day(value: date) -> str:
    """``27 Juni 2024``."""
    return str(format_date(value, "d MMMM y", locale="id_ID"))


@dataclass(frozen=True, slots=True)
class Line:
    """What a letter cannot do without. ``gap`` is actual minus expected, negative when behind."""

    target: TargetInForce
    expected: int
    gap: int


def line(standing: Standing) -> Line:
    """The target line the standing is measured against.

    Raises:
        InvalidError: it has none.
    """
    if standing.target is None or standing.expected is None or standing.gap is None:
        raise InvalidError(f"rendering {standing.line} failed: a standing that is {standing.status} has no target line")
    return Line(standing.target, standing.expected, standing.gap)


def shortfall(standing: Standing) -> int:
    """How many people the region is behind the line; 0 if it is not.

    Raises:
        InvalidError: the standing has no target line.
    """
    return max(0, -line(standing).gap)


def verdict(standing: Standing) -> str:
    """The one sentence that says how the region stands."""
    where = f"Per {day(standing.on)}, {_ACTIVITIES[standing.programme]} di {standing.name}"
    counts = f"terealisasi {number(standing.actual)} orang"
    wanted = f"garis target hari itu {number(line(standing).expected)} orang"
    if standing.status == "behind":
        return (
            f"{where} tertinggal {number(shortfall(standing))} orang dari garis target: {counts}, sedangkan {wanted}."
        )
    if standing.status == "achieved":
        return f"{where} telah mencapai target: {counts}, {wanted}."
    return f"{where} telah kembali ke garis target: {counts}, {wanted}."


def rows(standing: Standing) -> list[Row]:
    """The table: label and value. Rows whose number does not exist say so; percentages name their basis.

    Raises:
        InvalidError: the standing has no target line.
    """
    measured = line(standing)
    target = measured.target
    return [
        ("Status", _status(standing)),
        ("Target", f"{_target(target)} ({_AUTHORITIES[target.authority]}), {_wanted(standing.required)}"),
        ("Dasar target", target.document or "dokumen tidak dicantumkan"),
        ("Masa target", f"{day(target.start_on)} s.d. {day(target.due_on)}"),
        (
            "Capaian (terhadap jumlah target)",
            _percent(standing.attainment_percent, standing.required, "orang yang ditargetkan"),
        ),
        ("Cakupan (terhadap wajib KTP)", _percent(standing.coverage_percent, standing.wajib_ktp, "wajib KTP")),
        ("Realisasi", f"{number(standing.actual)} orang"),
        (f"Seharusnya per {day(standing.on)}", f"{number(measured.expected)} orang"),
        ("Selisih", f"{number(measured.gap)} orang"),
        ("Laju 7 hari terakhir", f"{decimal(standing.rate7)} orang per hari"),
        ("Laju 28 hari terakhir", f"{decimal(standing.rate28)} orang per hari"),
        ("Laju yang diperlukan", _count(standing.required_rate, "orang per hari")),
        ("Sisa waktu", _count(standing.days_left, "hari")),
        *_forecast(standing.forecast),
    ]


def _status(standing: Standing) -> str:
    status = _STATUSES.get(standing.status, standing.status)
    return f"{status} (tingkat: {_SEVERITIES[standing.severity]})" if standing.severity else status


def _target(target: TargetInForce) -> str:
    if target.basis == "percent_of_wajib_ktp":
        return f"{percent(target.value)} dari wajib KTP"
    if target.basis == "percent_of_recorded":
        return f"{percent(target.value)} dari penduduk yang sudah rekam"
    if target.basis == "absolute":
        return f"{number(target.value)} orang"
    return f"jumlah target {target.members} dari {target.of} kabupaten/kota"


def _wanted(required: int | None) -> str:
    return "jumlahnya belum diketahui" if required is None else f"yaitu {number(required)} orang"


def _percent(value: Decimal | None, whole: int | None, basis: str) -> str:
    if value is None or whole is None:
        return "belum dapat dihitung"
    return f"{percent(value)} dari {number(whole)} {basis}"


def _count(value: int | None, unit: str) -> str:
    return "belum dapat dihitung" if value is None else f"{number(value)} {unit}"


def _forecast(forecast: Forecast | None) -> list[Row]:
    if forecast is None:
        return [("Perkiraan", "belum dapat dihitung")]
    band = f"{number(forecast.count)} orang (kisaran {number(forecast.low)} s.d. {number(forecast.high)} orang)"
    needed = "" if forecast.required is None else f" dari {number(forecast.required)} orang yang diperlukan"
    finish = "tidak dalam sepuluh tahun" if forecast.finish_on is None else day(forecast.finish_on)
    return [
        (f"Perkiraan per {day(forecast.on)}", band + needed),
        ("Perkiraan target tercapai", f"{finish}, pada laju 28 hari terakhir"),
    ]
