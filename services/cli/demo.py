"""The demo: published figures of four regions as events, and simulated counter work around them.

Published figures come from news articles of 2023 and 2024, named by outlet and date in the events and restated in our
own words. What no article says and the demo needs all the same is called *asumsi demo* (an assumption) in the event.
Simulated events have a ``source`` that starts with ``simulation/``; nothing published is in them except how many
people three offices of Denpasar activated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

from pydantic import Field, TypeAdapter

from services.cli.simulate import Plan, citizens
from services.cli.simulated_places import CHANNELS
from shared import wilayah
from shared.events import (
    Activation,
    BaselineReported,
    BlankoCounted,
    CitizenEvent,
    Event,
    FigureClaimed,
    IkdActivated,
    InterventionAnnounced,
    OutreachReported,
    Programme,
    RegionEvent,
    TargetSet,
    WajibKtpReported,
    wire_type,
)
from shared.events.base import Frozen
from shared.events.region import Authority, Baseline, Basis, Blanko, Claim, Intervention, Outreach, Target, WajibKtp

BUSINESS_DATE = date(2024, 6, 27)
DENPASAR, MALANG, SERANG, BENGKULU = REGIONS = ("51.71", "35.73", "36.04", "17.71")
PUBLISHED = "demo/published-figures"
SIMULATED = "simulation/demo"

Statement = WajibKtp | Baseline | Target | Blanko | Claim | Intervention | Outreach

_REGION_EVENT: TypeAdapter[RegionEvent] = TypeAdapter(Annotated[RegionEvent, Field(discriminator="type")])
_EVENT_OF: dict[type[Frozen], type[Event]] = {
    WajibKtp: WajibKtpReported,
    Baseline: BaselineReported,
    Target: TargetSet,
    Blanko: BlankoCounted,
    Claim: FigureClaimed,
    Intervention: InterventionAnnounced,
    Outreach: OutreachReported,
}
_BALI_POST, _ON_BALI_POST = "Bali Post, 13 September 2023", date(2023, 9, 13)
_NUSABALI, _ON_NUSABALI = "NusaBali, 23 Mei 2024", date(2024, 5, 23)
_MEMONTUM, _ON_MEMONTUM = "Memontum, 23 April 2024", date(2024, 4, 23)
_TANGERANG, _ON_TANGERANG = "Tangerang Ekspres, 27 Juni 2024", date(2024, 6, 27)
_UNDATED = "Bengkulu Ekspress, berita tanpa tanggal"
_CENSUS = date(2023, 9, 12)  # the day Bali Post's figures are of
_2024 = (date(2024, 1, 1), date(2024, 12, 31))
_OPD = (("PUPR", 100, date(2024, 5, 13)), ("Satpol PP", 103, date(2024, 5, 15)), ("DLHK", 118, date(2024, 5, 17)))


def events() -> Iterator[RegionEvent | CitizenEvent]:
    """All events of the demo, the same at every call.

    Targets come last: no region is judged before its counts are in.
    """
    yield from figures()
    yield from opd_activations()
    for plan in _plans():
        yield from citizens(plan)
    yield from targets()


def figures() -> Iterator[RegionEvent]:
    """The published counts, claims and interventions of the four regions."""
    yield _fact("wajib-ktp", _ON_BALI_POST, WajibKtp(region=DENPASAR, as_of=_CENSUS, count=506_409, source="siak"))
    yield _fact(
        "baseline",
        _ON_BALI_POST,
        Baseline(
            region=DENPASAR,
            as_of=_CENSUS,
            recorded=506_409 - 7_636,
            activated=6_010,
            document=f"{_BALI_POST}: 7.636 wajib KTP belum rekam, IKD aktif 6.010",
        ),
    )
    yield _fact("blanko", _ON_BALI_POST, Blanko(region=DENPASAR, as_of=_CENSUS, sheets=1_639))
    yield _fact(
        "claim",
        _ON_BALI_POST,
        Claim(region=DENPASAR, as_of=_CENSUS, programme="ikd", count=6_010, source=_BALI_POST),
    )
    yield _fact(
        "circular",
        _ON_NUSABALI,
        Intervention(
            region=DENPASAR,
            kind="circular",
            title="Edaran wali kota: ASN dan warga diminta mengaktifkan IKD",
            starts_on=date(2024, 5, 22),
            document=f"400.12.2.1/1764/Disdukcapil, 22 Mei 2024 ({_NUSABALI})",
        ),
    )
    yield _fact(
        "assumed-opening",
        date(2023, 12, 31),
        Baseline(
            region=MALANG,
            as_of=date(2023, 12, 31),
            activated=31_100,
            document="Asumsi demo, tidak dipublikasikan: IKD aktif Kota Malang pada akhir 2023",
        ),
    )
    yield _fact(
        "baseline",
        _ON_MEMONTUM,
        Baseline(region=MALANG, as_of=_ON_MEMONTUM, activated=54_000, document=f"{_MEMONTUM}: sekitar 54 ribu"),
    )
    yield _fact(
        "mall",
        _ON_MEMONTUM,
        Outreach(
            region=MALANG,
            on=date(2024, 4, 22),
            channel="outreach_mall",
            place="Mal (namanya tidak disebut)",
            applicants=967,
        ),
    )
    yield _fact(
        "wajib-ktp", _ON_TANGERANG, WajibKtp(region=SERANG, as_of=_ON_TANGERANG, count=1_200_000, source="siak")
    )
    yield _fact(
        "baseline",
        _ON_TANGERANG,
        Baseline(region=SERANG, as_of=_ON_TANGERANG, activated=31_000, document=f"{_TANGERANG}: sekitar 31 ribu"),
    )
    yield _fact(
        "claim",
        _ON_TANGERANG,
        Claim(
            region=SERANG,
            as_of=_ON_TANGERANG,
            programme="ikd",
            count=31_000,
            percent=Decimal("2.75"),
            basis="wajib_ktp",
            source=_TANGERANG,
        ),
    )
    yield _fact(
        "outreach",
        _ON_TANGERANG,
        Intervention(
            region=SERANG,
            kind="outreach",
            title="Menyisir pegawai desa dan kecamatan, siswa dan ormas",
            starts_on=_ON_TANGERANG,
            ends_on=_2024[1],
            document=_TANGERANG,
            people_per_desa=30,
        ),
    )
    yield _fact(
        "baseline",
        BUSINESS_DATE,
        Baseline(
            region=BENGKULU,
            as_of=BUSINESS_DATE,
            activated=12_393,
            document=f"{_UNDATED}; keadaan per 27 Juni 2024 adalah asumsi demo",
        ),
    )
    yield _fact(
        "claim",
        BUSINESS_DATE,
        Claim(
            region=BENGKULU,
            as_of=BUSINESS_DATE,
            programme="ikd",
            count=12_393,
            percent=Decimal("18.28"),
            basis="target",
            source=_UNDATED,
        ),
    )


def targets() -> Iterator[RegionEvent]:
    """The targets of the four regions. Denpasar's changed in May 2024 and was missed the year before."""
    percent: Basis = "percent_of_wajib_ktp"
    yield _target(
        "ikd-2023",
        (date(2023, 1, 1), date(2023, 12, 31)),
        (DENPASAR, "ikd", "national", percent, "25"),
        f"Target IKD 2023, tidak tercapai menurut {_NUSABALI}",
    )
    yield _target(
        "ikd-2024-before",
        _2024,
        (DENPASAR, "ikd", "national", percent, "25"),
        f"Target IKD 2024 sebelum dinaikkan, {_NUSABALI}",
    )
    yield _target(
        "ikd-2024",
        _2024,
        (DENPASAR, "ikd", "national", percent, "30"),
        f"Target IKD 2024 dinaikkan Ditjen Dukcapil, {_NUSABALI}",
        effective_on=date(2024, 5, 22),
    )
    yield _target(
        "perekaman-2024",
        _2024,
        (DENPASAR, "perekaman", "national", percent, "99.4"),
        "Target perekaman 99,4 %; berlaku untuk 2024 adalah asumsi demo",
    )
    yield _target(
        "ikd-2024",
        _2024,
        (MALANG, "ikd", "national", "absolute", "160000"),
        f"Target Ditjen Dukcapil sampai akhir 2024, {_MEMONTUM}",
    )
    yield _target(
        "ikd-2024",
        _2024,
        (SERANG, "ikd", "local", percent, "50"),
        f"Target daerah: separuh dari 1,2 juta wajib KTP pada 2024, {_TANGERANG}",
    )
    yield _target(
        "ikd-2024",
        _2024,
        (BENGKULU, "ikd", "national", "absolute", "67802"),
        f"{_UNDATED}; tahun 2024 dan penetap target adalah asumsi demo",
    )


def opd_activations() -> Iterator[IkdActivated]:
    """The 321 activations in three Denpasar offices: the counts are published, people and hours are simulated."""
    for place, count, day in _OPD:
        for number in range(count):
            name = f"opd-{place.lower().replace(' ', '-')}-{number:03d}"
            kecamatan = wilayah.children(DENPASAR)
            desa = wilayah.children(kecamatan[number % len(kecamatan)])
            activation = Activation(
                citizen=f"k1:{hashlib.blake2b(f'{SIMULATED}/{name}'.encode(), digest_size=16).hexdigest()}",
                home=desa[number % len(desa)],
                service=DENPASAR,
                channel="outreach_opd",
                place=place,
                group="asn",
            )
            moment = datetime.combine(day, time(9 + number // 30, number % 60), wilayah.zone_of(DENPASAR))
            yield IkdActivated(id=name, source=SIMULATED, time=moment, data=activation)


def _plans() -> list[Plan]:
    """Counter work in the months before the business date.

    Only Denpasar published how many are recorded, so only there recordings are simulated, of residents alone:
    elsewhere they would stand without an opening balance and look like a contradiction. Malang starts after its last
    published count; in Serang and Bengkulu the published count of the business date includes whatever came before.
    Office outreach is left out, so that the published 321 stay the only ones.
    """
    windows: tuple[tuple[str, Programme, int, date, float], ...] = (
        (DENPASAR, "ikd", 1_900, date(2024, 1, 2), 0.2),
        (DENPASAR, "perekaman", 600, date(2024, 1, 2), 0.0),
        (MALANG, "ikd", 1_400, date(2024, 4, 24), 0.2),
        (SERANG, "ikd", 900, date(2024, 3, 1), 0.2),
        (BENGKULU, "ikd", 700, date(2024, 3, 1), 0.2),
    )
    return [
        Plan(
            events=count,
            regions=(region,),
            seed=1,
            start=start,
            end=BUSINESS_DATE,
            source=SIMULATED,
            id_prefix=f"{region}-{programme}-",
            programmes=(programme,),
            channels=tuple(channel for channel in CHANNELS if channel != "outreach_opd"),
            visitor_share=visitors,
        )
        for region, programme, count, start, visitors in windows
    ]


def _target(
    name: str,
    term: tuple[date, date],
    what: tuple[str, Programme, Authority, Basis, str],
    document: str,
    effective_on: date | None = None,
) -> RegionEvent:
    region, programme, authority, basis, value = what
    in_force = effective_on or term[0]
    target = Target(
        region=region,
        programme=programme,
        authority=authority,
        basis=basis,
        value=Decimal(value),
        start_on=term[0],
        due_on=term[1],
        effective_on=in_force,
        document=document,
    )
    return _fact(f"target-{name}", in_force, target)


def _fact(name: str, published: date, statement: Statement) -> RegionEvent:
    return _REGION_EVENT.validate_python(
        {
            "specversion": "1.0",
            "type": wire_type(_EVENT_OF[type(statement)]),
            "id": f"{statement.region}-{name}-{published}",
            "source": PUBLISHED,
            "time": datetime.combine(published, time(9), wilayah.zone_of(statement.region)),
            "data": statement,
        }
    )
