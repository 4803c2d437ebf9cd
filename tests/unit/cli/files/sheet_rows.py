"""Events of every kind, with the cells that an office might have written for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.cli.files.checking import fields_of
from services.cli.files.row import Cell, is_blank
from services.cli.files.vocabulary import CHOICES, HEADERS, WORDS, Field
from shared.events import CITIZEN_TYPES, holds_nik, wire_type
from shared.wilayah import zone_of

NOW = datetime(2024, 6, 27, 3, 0, tzinfo=UTC)
SYSTEM = "siak/51.71"
REGIONS = ("51.71", "51.71.01", "51.71.01.1001", "33.10", "33.10.01", "91.71", "91.71.01.1001")
HEADER = tuple(names[0] for field, names in HEADERS.items() if field not in ("date", "clock"))


@dataclass(frozen=True)
class Written:
    """An event as it is sent, and the cells of its row by :data:`HEADER`."""

    event: dict[str, Any]
    cells: dict[str, Cell]


@st.composite
def niks(draw: st.DrawFn) -> str:
    """A NIK that nobody has: the serial number is far above any that was given out."""
    day, month, year = draw(st.integers(1, 28)), draw(st.integers(1, 12)), draw(st.integers(0, 99))
    return f"517101{day + draw(st.sampled_from([0, 40])):02}{month:02}{year:02}{draw(st.integers(9000, 9999))}"


@st.composite
def rows(draw: st.DrawFn, *, typed: bool = True) -> Written:
    """An event and one of the ways to write it down; without ``typed`` in text alone."""
    kind = draw(st.sampled_from([wire_type(model) for model in CITIZEN_TYPES]))
    fields = fields_of(kind)
    data: dict[str, Any] = {}
    cells: dict[str, Cell] = dict.fromkeys(HEADER)

    def put(field: Field, value: str, *ways: Cell) -> None:
        data[field] = value
        cells[HEADERS[field][0]] = draw(st.sampled_from(ways))

    if draw(st.booleans()):
        nik = draw(niks())
        put("nik", nik, nik, f" {nik}", f"{nik[:4]} {nik[4:8]} {nik[8:12]} {nik[12:]}")
    else:
        pseudonym = f"k1:{draw(st.integers(0, 2**128 - 1)):032x}"
        put("citizen", pseudonym, pseudonym, f"{pseudonym} ")
    for field in ("home", "service"):
        if field in fields:
            code = draw(st.sampled_from(REGIONS))
            digits = code.replace(".", "")
            numbers = (int(digits), *([float(code)] if len(code) == 5 else [])) if typed else ()
            put(field, code, code, digits, code.replace(".", ","), *numbers)
    for choice in ("channel", "group", "reason"):
        if choice in fields and (fields[choice] or draw(st.booleans())):
            value = draw(st.sampled_from(CHOICES[choice]))
            put(choice, value, *(word for word, its in WORDS[choice].items() if its == value), value.upper())
    if "place" in fields and draw(st.booleans()):
        place = draw(places())
        put("place", place, place, f"  {place} ")
    words = [word for word, its in WORDS["type"].items() if its == kind]
    if "reactivation" in fields and draw(st.booleans()):
        data["reactivation"] = True
        if draw(st.booleans()):
            words = [word for word, its in WORDS["type"].items() if its == "reactivation"]
        else:
            ways: list[Cell] = ["ya", "1", *([True, 1.0] if typed else [])]
            cells[HEADERS["reactivation"][0]] = draw(st.sampled_from(ways))
    cells[HEADERS["type"][0]] = draw(st.sampled_from(words))
    time, cell = draw(moments(data.get("service", data["home"]), typed=typed))
    cells[HEADERS["time"][0]] = cell
    id_ = draw(st.sampled_from(["2024-05-23/000017", "R-17"]))
    cells[HEADERS["id"][0]], cells[HEADERS["source"][0]] = id_, SYSTEM
    event = {"specversion": "1.0", "id": id_, "source": SYSTEM, "type": kind, "time": time, "data": data}
    return Written(event, cells)


@st.composite
def moments(draw: st.DrawFn, region: str, *, typed: bool) -> tuple[str, Cell]:
    """A time as sent, and a cell that says it for an office in ``region``."""
    local = draw(st.datetimes(datetime(2011, 1, 2), NOW.replace(tzinfo=None) - timedelta(days=1)))  # noqa: DTZ001
    if draw(st.booleans()):
        aware = local.replace(tzinfo=zone_of(draw(st.sampled_from(REGIONS))))
        return aware.isoformat(), aware.isoformat()
    local = local.replace(hour=local.hour or 1, microsecond=0)
    ways: list[Cell] = [
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local:%d/%m/%Y %H.%M.%S}",
        f"{local.day}-{local.month}-{local:%Y %H:%M:%S}",
    ]
    cell = draw(st.sampled_from([*ways, local] if typed else ways))
    return local.replace(tzinfo=zone_of(region)).isoformat(), cell


def places() -> st.SearchStrategy[str]:
    """Free text that an event may carry."""
    return (
        st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=100)
        .map(lambda text: " ".join(text.split()))
        .filter(lambda text: text.isprintable() and not is_blank(text) and not holds_nik(text, written_out=True))
    )
