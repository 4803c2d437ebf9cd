"""What the tables hold: regions as the page shows them, days, and services along each dimension. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.aggregator.answers import By, Day, Share
from services.aggregator.web.exports.sheet import Column, Form, Sheet, Value
from services.aggregator.web.pages.tables import FIGURES
from shared.events.standing import Standing
from shared.wording import Wording

FORMS: dict[str, Form] = {
    "coverage": "percent",
    "attainment": "percent",
    "rate7": "decimal",
    "rate28": "decimal",
}


def of_regions(standings: Iterable[Standing], pages: Wording, say: Wording) -> Sheet:
    """A row for each standing in the order given: the figures of the table on the page, and what they are measured
    against. ``pages`` are the words of the pages, ``say`` of exports."""
    columns = (
        Column(say("column.code"), "text"),
        Column(pages("column.name"), "text"),
        Column(say("column.programme"), "text"),
        Column(say("column.day"), "day"),
        Column(pages("column.status"), "text"),
        Column(say("column.severity"), "text"),
        *(Column(pages(f"column.{figure.key}"), FORMS.get(figure.key, "number")) for figure in FIGURES),
        Column(say("column.expected")),
        Column(say("column.required")),
        Column(say("column.due"), "day"),
        Column(say("column.authority"), "text"),
        Column(say("column.document"), "text"),
        Column(say("column.wajib_ktp")),
        Column(say("column.simulated"), "text"),
    )
    return Sheet(say("sheet.table"), columns, tuple(_region(row, pages, say) for row in standings))


def of_days(days: Iterable[Day], say: Wording) -> Sheet:
    """Every day with a change."""
    columns = (Column(say("column.day"), "day"), Column(say("column.change")), Column(say("column.total")))
    return Sheet(say("sheet.days"), columns, tuple((day.date, day.change, day.total) for day in days))


def of_services(found: Mapping[By, Sequence[Share]], pages: Wording, say: Wording) -> Sheet:
    """Services along each dimension, most first."""
    columns = (
        Column(say("column.dimension"), "text"),
        Column(say("column.key"), "text"),
        Column(say("column.name"), "text"),
        Column(say("column.count")),
    )
    rows = tuple(
        (say(f"dimension.{by}"), share.key, _named(by, share, pages), share.count)
        for by, shares in found.items()
        for share in shares
    )
    return Sheet(say("sheet.services"), columns, rows)


def _region(row: Standing, pages: Wording, say: Wording) -> tuple[Value, ...]:
    target = row.target
    return (
        row.region,
        row.name,
        pages(f"programme.{row.programme}"),
        row.on,
        pages(f"status.{row.status}"),
        pages(f"severity.{row.severity}") if row.severity else None,
        *(figure.value(row) for figure in FIGURES),
        row.expected,
        row.required,
        target.due_on if target else None,
        pages.beginning(f"authority.{target.authority}") if target else None,
        target.document if target else None,
        row.wajib_ktp,
        say("answer.yes" if row.simulated else "answer.no"),
    )


def _named(by: By, share: Share, pages: Wording) -> str:
    key = f"{by}.{share.key}"
    return pages(key) if pages.has(key) else share.name
