"""The metrics of the figures themselves. Labels are bounded: 514 kab/kota and the nation, 2 programmes, 2 authorities,
7 states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from prometheus_client import CollectorRegistry, Gauge

from services.aggregator.figures import percent
from services.aggregator.latest.assessment import Assessment
from services.aggregator.latest.overview import Seen
from services.aggregator.pace import way_percent
from shared.events import PROGRAMMES, Programme
from shared.events.standing import Standing
from shared.wilayah import Level, level_of

Labels = tuple[str, ...]
Line = tuple[str, str, str]
"""Region, programme, authority: the labels of a line."""

_LINE = ("region", "programme", "authority")
_STATES = ("not_started", "no_data", "on_pace", "at_risk", "behind", "achieved", "missed")


class _Values(defaultdict[Gauge, defaultdict[Labels, float]]):
    """What each gauge is to show."""

    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(float))


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a region: its ``lines`` that are not over, and its coverage in per cent by programme."""

    region: str
    lines: Mapping[Line, Standing]
    coverage: Mapping[Programme, Decimal]

    @property
    def level(self) -> Level:
        """Nation or kab/kota."""
        return level_of(self.region)


class PaceMetrics:
    """On the registry of the service. Counts are shown of kab/kota alone, so that they can be summed; ratios, which
    cannot, are shown of the nation too."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # Of each kab/kota's targets that are not yet over.
        self.actual = Gauge("laju_pace_actual_people", "People done so far", _LINE, registry=registry)
        self.expected = Gauge("laju_pace_expected_people", "Where the plan line stands", _LINE, registry=registry)
        self.required = Gauge("laju_pace_required_people", "What the target requires", _LINE, registry=registry)
        self.gap = Gauge("laju_pace_gap_people", "Actual minus expected", _LINE, registry=registry)
        self.status = Gauge(
            "laju_pace_status", "1 for the status a line has, 0 for the others", (*_LINE, "status"), registry=registry
        )
        self.targets = Gauge(
            "laju_pace_targets",
            "Targets of kab/kota that are not yet over, by how they stand",
            ("programme", "authority", "status"),
            registry=registry,
        )
        self.silent = Gauge(
            "laju_pace_silent_regions",
            "Kab/kota with a target of which nothing is known: not heard of for LAJU_SILENT_DAYS, or without wajib KTP",
            ("programme",),
            registry=registry,
        )
        # With level nation or kabkota.
        self.attainment = Gauge(
            "laju_pace_attainment_ratio",
            "Actual divided by what the target requires (capaian)",
            ("level", *_LINE),
            registry=registry,
        )
        self.ratio = Gauge(
            "laju_pace_ratio",
            "The way gone since the base divided by the way planned by now: 1 is on the line",
            ("level", *_LINE),
            registry=registry,
        )
        self.coverage = Gauge(
            "laju_pace_coverage_ratio",
            "People done divided by wajib KTP (cakupan), with a target or without",
            ("level", "region", "programme"),
            registry=registry,
        )
        self._values: dict[Gauge, dict[Labels, float]] = {}

    def show(self, regions: Iterable[Shown]) -> None:
        """Show these regions; what is not among them disappears."""
        found = _Values()
        for shown in regions:
            self._add_ratios(found, shown)
            if shown.level is Level.KABKOTA:
                self._add_counts(found, shown.lines)
        for gauge in (
            *(self.actual, self.expected, self.required, self.gap, self.status, self.targets, self.silent),
            *(self.attainment, self.ratio, self.coverage),
        ):
            self._set(gauge, found[gauge])

    def _add_counts(self, found: _Values, lines: Mapping[Line, Standing]) -> None:
        for labels, row in lines.items():
            counts = ((self.actual, row.actual), (self.expected, row.expected), (self.required, row.required))
            for gauge, value in (*counts, (self.gap, row.gap)):
                if value is not None:
                    found[gauge][labels] = value
            for state in _STATES:
                found[self.status][*labels, state] = state == row.status
                found[self.targets][*labels[1:], state] += state == row.status
        for programme in PROGRAMMES:
            states = [row.status for row in lines.values() if row.programme == programme]
            found[self.silent][programme,] += "no_data" in states

    def _add_ratios(self, found: _Values, shown: Shown) -> None:
        for labels, row in shown.lines.items():
            for gauge, value in ((self.attainment, row.attainment_percent), (self.ratio, way_percent(row))):
                if value is not None:
                    found[gauge][shown.level, *labels] = float(value / 100)
        for programme, covered in shown.coverage.items():
            found[self.coverage][shown.level, shown.region, programme] = float(covered / 100)

    def _set(self, gauge: Gauge, values: dict[Labels, float]) -> None:
        """Only what is another than before: with the whole country it would take a quarter of a second each time."""
        before = self._values.get(gauge, {})
        for labels in before.keys() - values.keys():
            gauge.remove(*labels)
        for labels, value in values.items():
            if before.get(labels) != value:
                gauge.labels(*labels).set(value)
        self._values[gauge] = values


def shown_of(kabkota: str, assessed: Assessment, on: date) -> Shown:
    """What is shown of a kab/kota on business date ``on`` by its last assessment."""
    rows = [row for row in assessed.rows if row.region == kabkota]
    covered = {row.programme: row.coverage_percent for row in rows if _is_of_today(row)}
    if len(covered) < len(PROGRAMMES):  # its targets are over, and what is known of them is of their last day
        book = assessed.ledger.book()
        whole = book.wajib_ktp_on(on)
        covered = {programme: percent(book.done_by(programme, on), whole) for programme in PROGRAMMES} | covered
    return Shown(kabkota, _lines(rows), _known(covered))


def shown_of_nation(seen: Seen) -> Shown:
    """What is shown of the nation."""
    covered = {programme: percent(done, seen.wajib_ktp) for programme, done in seen.done.items()}
    return Shown(seen.code, _lines(seen.standings), _known(covered))


def _known(covered: Mapping[Programme, Decimal | None]) -> dict[Programme, Decimal]:
    return {programme: value for programme, value in covered.items() if value is not None}


def _is_of_today(row: Standing) -> bool:
    """Whether it still changes: a target whose term is over is judged as it stood on its due date."""
    return row.judged_on == row.on


def _lines(rows: Iterable[Standing]) -> dict[Line, Standing]:
    """By label values, of a region's lines that are not over the one that is due first."""
    found: dict[Line, Standing] = {}
    for row in rows:
        if row.target is None or not _is_of_today(row):
            continue
        labels = (row.region, row.programme, row.target.authority)
        rival = found.get(labels)
        if rival is None or rival.target is None or row.target.due_on < rival.target.due_on:
            found[labels] = row
    return found
