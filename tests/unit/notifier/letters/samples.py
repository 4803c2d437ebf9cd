"""What letters are written about in these tests: Kabupaten Serang behind, Kota Cilegon, and all that lies behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.notifier.contents import Digest, DigestRow, Heartbeat, Links, Notice, Reason, Telling
from services.notifier.recipient import Language, Recipient, Role
from shared.briefing import Briefing, Measure, Part, Point, Yield
from shared.events.standing import Forecast, Severity, Standing
from tests.unit.notifier.standings import BEHIND, TARGET, standing
from tests.unit.notifier.standings import back as on_the_line

MESSAGE_ID = "<0123456789abcdef0123456789abcdef@laju.go.id>"
# Already the next day in Serang.
WRITTEN_AT = datetime(2024, 6, 27, 18, 30, tzinfo=UTC)
RULE = "first(days_behind=40, rate7=412.43, rate28=398.10, required_rate=3043)"
SINCE = date(2024, 6, 3)
LINKS = Links(
    page="https://laju.go.id/wilayah/36.04",
    acknowledge="https://laju.go.id/tanggapi/36.04?t=5c9a",
    silence="https://laju.go.id/diamkan/36.04?t=77e0",
)
PAGE_ONLY = Links(page="https://laju.go.id/wilayah/36.04")
REGIONS: dict[Role, str] = {"head": "36.04", "province": "36", "directorate": "ID", "operations": "ID"}
TITLES: dict[Role, str] = {
    "head": "Kepala Disdukcapil Kabupaten Serang",
    "province": "Kepala Dinas Dukcapil Provinsi Banten",
    "directorate": "Direktur Pendaftaran Penduduk",
    "operations": "Pengelola Laju",
}
PEREKAMAN = standing(
    programme="perekaman",
    target=TARGET.model_copy(
        update={"id": "kab/36.04#t-9", "programme": "perekaman", "authority": "local", "value": Decimal("99.40")}
    ),
    severity="warning",
    actual=2_171_040,
    base=2_165_000,
    required=2_186_800,
    expected=2_175_662,
    gap=-4_622,
    attainment_percent=Decimal("99.28"),
    coverage_percent=Decimal("98.68"),
    rate7=Decimal("31.86"),
    rate28=Decimal("33.50"),
    required_rate=85,
    days_behind=5,
    forecast=None,
    sequence=101,
)
TOLD_EARLIER = standing(
    on=date(2024, 6, 3), severity="serious", actual=81_020, expected=310_246, gap=-229_226, sequence=60, revision=60
)


def back(**changes: Any) -> Standing:
    """The line a month later, back where it should be: nothing of having been behind is left."""
    update = {
        "days_behind": 0,
        "base": 60_000,
        "attainment_percent": Decimal("61.02"),
        "coverage_percent": Decimal("18.31"),
        "rate7": Decimal("10400.71"),
        "rate28": Decimal("11076.14"),
        "required_rate": 1_639,
        "days_left": 157,
        "forecast": Forecast(
            on=date(2024, 12, 31), count=2_141_704, low=2_035_661, high=2_141_704, wajib_ktp=2_215_000,
            required=664_500, finish_on=date(2024, 8, 20),
        ),
    }  # fmt: skip
    return on_the_line(**(update | changes))


SILENT = standing(
    status="no_data",
    severity=None,
    rate7=Decimal("0.00"),
    rate28=Decimal("0.00"),
    days_behind=0,
    forecast=Forecast(
        on=date(2024, 12, 31), count=91_112, low=91_112, high=91_112, wajib_ktp=2_215_000, required=664_500
    ),
)
ACHIEVED = back(status="achieved", actual=660_120, gap=257_420, attainment_percent=Decimal("100.02"))
MISSED = standing(
    status="missed",
    severity=None,
    on=date(2025, 1, 3),
    actual=512_000,
    expected=660_000,
    gap=-148_000,
    attainment_percent=Decimal("77.58"),
    coverage_percent=Decimal("23.27"),
    required_rate=None,
    days_left=0,
    days_behind=0,
)
PART = Part(region="36.04.06", name="Anyar", actual=2_210, expected=11_870, gap=-9_660, basis="share_of_line")
PARTS = (
    PART,
    PART.model_copy(
        update={"region": "36.04.11", "name": "Cikande", "actual": 4_102, "expected": 12_034, "gap": -7_932}
    ),
    PART.model_copy(
        update={
            "region": "36.04.20", "name": "Kramatwatu", "actual": 5_890, "expected": 13_001, "gap": -7_111,
            "basis": "own_target",
        }
    ),
)  # fmt: skip
YIELDS = (
    Yield(
        place="SMA Negeri 1 Kragilan",
        channel="outreach_school",
        days=4,
        services=1_204,
        services_per_day=Decimal("301.00"),
    ),
    Yield(
        place="Sekretariat Daerah",
        channel="outreach_opd",
        days=9,
        services=1_530,
        services_per_day=Decimal("170.00"),
    ),
)
MEASURES = (
    Measure(
        title="Surat Edaran Bupati: ASN wajib mengaktifkan IKD",
        kind="circular",
        starts_on=date(2024, 6, 10),
        rate_before=Decimal("380.11"),
        rate_after=Decimal("410.94"),
    ),
    Measure(
        title="Jemput bola ke 326 desa",
        kind="outreach",
        starts_on=date(2024, 4, 22),
        ends_on=date(2024, 7, 31),
        rate_before=Decimal("212.04"),
        rate_during=Decimal("391.60"),
    ),
)


def way(of: Standing, days: int = 90) -> tuple[Point, ...]:
    """Points from the eve of the target's start to the day of the standing, slow in the beginning."""
    assert of.target is not None
    eve, base = of.target.start_on - timedelta(days=1), of.base or 0
    total = (of.on - eve).days
    step = max(total // days, 1)
    return tuple(
        Point(on=eve + timedelta(days=at), count=base + (of.actual - base) * at * at // (total * total))
        for at in sorted({*range(0, total, step), total})
    )


def briefing(of: Standing = BEHIND, **changes: object) -> Briefing:
    """What lies behind a standing, with other values in some fields."""
    assert of.target is not None
    plan = (
        Point(on=of.target.start_on - timedelta(days=1), count=of.base or 0),
        Point(on=of.target.due_on, count=of.required or 0),
    )
    known = Briefing(
        standing=of,
        programme=of.programme,
        actual=way(of),
        plan=plan,
        behind=PARTS,
        parts=29,
        parts_known=28,
        yields=YIELDS,
        measures=MEASURES,
    )
    return known.model_copy(update=changes)


def recipient(role: Role = "head", language: Language = "id") -> Recipient:
    """Somebody of that role in Banten."""
    return Recipient(
        region=REGIONS[role], role=role, title=TITLES[role], email="penerima@dukcapil.go.id", language=language
    )


FIRST = Telling(Reason.FIRST, BEHIND, RULE, LINKS, briefing=briefing())
SECOND = Telling(Reason.FIRST, PEREKAMAN, "first(days_behind=5, rate7=31.86, rate28=33.50, required_rate=85)", LINKS)
# One for each reason, and for each cause where a reason has two.
TELLINGS: dict[str, Telling] = {
    "first": FIRST,
    "worsened": Telling(
        Reason.WORSENED, BEHIND, "worsened(severity=critical, told=serious)", LINKS, TOLD_EARLIER, SINCE
    ),
    "repeat": Telling(
        Reason.REPEAT, BEHIND, "repeat(severity=critical, told=2024-06-24)", LINKS, TOLD_EARLIER, SINCE
    ),
    "resolved": Telling(
        Reason.RESOLVED, back(), "resolved(actual=402750, expected=402700)", PAGE_ONLY, BEHIND, SINCE
    ),
    "resolved-at-risk": Telling(
        Reason.RESOLVED, back(status="at_risk"), "resolved(actual=402750, expected=402700)", PAGE_ONLY, BEHIND, SINCE
    ),
    "resolved-heard": Telling(
        Reason.RESOLVED, back(), "resolved(actual=402750, expected=402700)", PAGE_ONLY, SILENT, SINCE
    ),
    "corrected": Telling(
        Reason.CORRECTED,
        back(),
        "corrected(on=2024-06-27, told=91112, known=402100, status=on_pace)",
        PAGE_ONLY,
        BEHIND,
        SINCE,
    ),
    "no-data": Telling(Reason.NO_DATA, SILENT, "no_data(on=2024-06-27)", LINKS, since=SINCE),
    "no-data-basis": Telling(
        Reason.NO_DATA,
        SILENT.model_copy(
            update=dict.fromkeys(
                ("base", "required", "expected", "gap", "attainment_percent", "coverage_percent", "wajib_ktp",
                 "required_rate", "forecast")
            )
        ),
        "no_data(on=2024-06-27)",
        LINKS,
    ),
    "achieved": Telling(Reason.ACHIEVED, ACHIEVED, "achieved(actual=660120, required=660000)", PAGE_ONLY),
    "missed": Telling(Reason.MISSED, MISSED, "missed(actual=512000, required=660000)", PAGE_ONLY, since=SINCE),
    "escalated": Telling(
        Reason.ESCALATED, BEHIND, "escalated(level=1, since=2024-06-03)", LINKS, TOLD_EARLIER, SINCE
    ),
}  # fmt: skip


def notice(*tellings: Telling, role: Role = "head", language: Language = "id") -> Notice:
    """A notice about these tellings, written in the night after the day of the first."""
    on = tellings[0].standing.on if tellings else WRITTEN_AT.date()
    return Notice(MESSAGE_ID, recipient(role, language), datetime.combine(on, WRITTEN_AT.timetz()), tellings)


def line(name: str, region: str, status: str, gap: int | None, severity: Severity | None = None) -> Standing:
    """A standing for a digest."""
    actual = 200_000 if gap is None else 353_555 + gap
    return standing(name=name, region=region, status=status, severity=severity, gap=gap, actual=actual)


ROWS = (
    DigestRow(BEHIND, changed=True, before="at_risk", acknowledged=True),
    DigestRow(line("Kota Tangerang", "36.71", "at_risk", 1_204), changed=True, before="on_pace"),
    DigestRow(line("Kabupaten Tangerang", "36.03", "behind", -20_118, "warning"), changed=True),
    DigestRow(line("Kabupaten Lebak", "36.02", "no_data", None), changed=False),
    DigestRow(PEREKAMAN, changed=False),
    DigestRow(line("Kota Cilegon", "36.72", "on_pace", 3_002), changed=False),
    DigestRow(line("Kota Tangerang Selatan", "36.74", "achieved", 310_000), changed=False),
)
WELL = tuple(row for row in ROWS if row.standing.status in ("on_pace", "achieved"))


def digest(*rows: DigestRow, role: Role = "province", language: Language = "id", untold: int = 0) -> Digest:
    """A digest of these rows."""
    return Digest(
        message_id=MESSAGE_ID,
        recipient=recipient(role, language),
        written_at=WRITTEN_AT,
        on=date(2024, 6, 27),
        next_on=date(2024, 7, 4),
        rows=rows,
        untold=untold,
        page="https://laju.go.id/wilayah/" + REGIONS[role],
    )


def heartbeat(*warnings: str, language: Language = "id") -> Heartbeat:
    """A heartbeat with these warnings."""
    figures: dict[str, int | str] = {
        "Surat terkirim": 1_204,
        "Surat gagal": 0,
        "Surat tidak pasti": 1,
        "Penilaian terakhir": "2024-06-27, nomor 88120",
    }
    return Heartbeat(MESSAGE_ID, recipient("operations", language), WRITTEN_AT, figures, warnings)
