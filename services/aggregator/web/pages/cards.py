"""What a page says of one standing: the verdict in a sentence, what will become of it, and the figures. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from services.aggregator.web.pages.shell import Shell
from services.aggregator.web.pages.tables import signed
from shared.events.standing import Standing, TargetInForce
from shared.pages import path_of
from shared.wording import Wording

_OVER = ("achieved", "missed")


class Shown(NamedTuple):
    """A figure with its heading, and a ``note`` under it. ``name`` is what it is called where it changes live."""

    heading: str
    value: str
    note: str = ""
    main: bool = False
    name: str = ""


class Bar(NamedTuple):
    """How much of the whole way is done, and where it should be today, in per cent of the bar; the same in words."""

    done: Decimal
    expected: Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One target line of a region."""

    standing: Standing
    heading: str
    verdict: str
    outlook: str
    bar: Bar | None
    figures: tuple[Shown, ...]
    link: str
    source: str

    @property
    def over(self) -> bool:
        """Whether the term of its target is over."""
        target = self.standing.target
        return target is not None and self.standing.on > target.due_on


def card(standing: Standing, shell: Shell) -> Card:
    """The card of a standing; of one without a target it only has what is done."""
    say = shell.say
    return Card(
        standing=standing,
        heading=heading(standing, say),
        verdict=verdict(standing, say),
        outlook=outlook(standing, say),
        bar=bar(standing, say),
        figures=figures(standing, say),
        link=_link(standing, shell),
        source=source(standing.target, say) if standing.target else "",
    )


def heading(standing: Standing, say: Wording) -> str:
    """Such as *IKD: 30,00% dari wajib KTP sampai 31 Desember 2024*."""
    programme = say(f"programme.{standing.programme}")
    target = standing.target
    if target is None:
        return say("card.aimless", programme=programme)
    form = say.number if target.basis in ("absolute", "rollup") else say.percent
    asked = say(f"basis.{target.basis}", value=form(target.value), authority=say(f"authority.{target.authority}"))
    return say("card.heading", programme=programme, asked=asked, due=say.day(target.due_on))


def verdict(standing: Standing, say: Wording) -> str:
    """Where the region is, in one sentence."""
    if standing.gap is None:
        known = "unknown" if standing.status not in ("not_started", "no_target") else standing.status
        start = say.day(standing.target.start_on) if standing.target else ""
        return say(f"verdict.{known}", actual=say.number(standing.actual), start=start)
    values = {
        "gap": say.number(abs(standing.gap)),
        "actual": say.number(standing.actual),
        "expected": say.number(standing.expected or 0),
        "required": say.number(standing.required or 0),
        "short": say.number(max((standing.required or 0) - standing.actual, 0)),
    }
    if standing.status in (*_OVER, "no_data"):
        return say(f"verdict.{standing.status}", **values)
    return say(f"verdict.{'below' if standing.gap < 0 else 'above' if standing.gap else 'exact'}", **values)


def pill(standing: Standing, say: Wording) -> str:
    """The status in two words, with a sign for who does not see its colour."""
    severity = f" · {say(f'severity.{standing.severity}')}" if standing.severity else ""
    return f"{say(f'sign.{standing.status}')} {say(f'status.{standing.status}')}{severity}"


def outlook(standing: Standing, say: Wording) -> str:
    """What becomes of it at the rate of the last 28 days; empty where nothing can be said or it is over."""
    ahead = standing.forecast
    required = ahead.required if ahead and ahead.required is not None else standing.required
    if ahead is None or required is None or standing.status in (*_OVER, "no_data"):
        return ""
    values = {"due": say.day(ahead.on), "count": say.number(ahead.count), "required": say.number(required)}
    if ahead.count >= required:
        return say("outlook.reached", **values)
    needed, rate = standing.required_rate, say.decimal(standing.rate28)
    missed = say("outlook.missed", short=say.number(required - ahead.count), **values)
    return f"{missed} {say('outlook.needed', needed=say.number(needed), rate=rate)}" if needed else missed


def bar(standing: Standing, say: Wording) -> Bar | None:
    """The way from nothing to what is required; ``None`` without a requirement."""
    if not standing.required:
        return None
    done = _share(standing.actual, standing.required)
    expected = None if standing.expected is None else _share(standing.expected, standing.required)
    percent = say.percent(standing.attainment_percent or Decimal(0))
    planned = "" if standing.expected is None else say.number(standing.expected)
    return Bar(done, expected, say("bar.text", percent=percent, expected=planned))


def figures(standing: Standing, say: Wording) -> tuple[Shown, ...]:
    """The figures of a card, most important first."""
    unknown = say("table.unknown")

    def people(value: int | None) -> str:
        return unknown if value is None else say.number(value)

    coverage = (
        ""
        if standing.coverage_percent is None
        else say("note.coverage", percent=say.percent(standing.coverage_percent))
    )
    found = [
        Shown(say(f"figure.{standing.programme}"), say.number(standing.actual), coverage, main=True, name="actual")
    ]
    if standing.target is not None:
        over = standing.days_left == 0
        gap = unknown if standing.gap is None else signed(say, standing.gap)
        found += [
            Shown(say("figure.expected"), people(standing.expected), main=True, name="expected"),
            Shown(say("figure.gap"), gap, main=True, name="gap"),
            Shown(
                say("figure.required"), people(standing.required),
                "" if over else say("note.days_left", days=say.number(standing.days_left or 0)), name="required",
            ),
        ]  # fmt: skip
    found += [
        Shown(say("figure.rate7"), say.decimal(standing.rate7), say("note.a_day"), name="rate7"),
        Shown(say("figure.rate28"), say.decimal(standing.rate28), say("note.a_day"), name="rate28"),
    ]
    if standing.required_rate is not None:
        found.append(Shown(say("figure.needed"), say.number(standing.required_rate), say("note.a_day"), name="needed"))
    if (ahead := standing.forecast) is not None and standing.status not in _OVER:
        band = say("note.band", low=say.number(ahead.low), high=say.number(ahead.high))
        found.append(Shown(say("figure.forecast"), say.number(ahead.count), band, name="forecast"))
        finish = say("figure.never") if ahead.finish_on is None else say.day(ahead.finish_on)
        if standing.target is not None and standing.target.basis != "rollup":
            found.append(Shown(say("figure.finish"), finish, name="finish"))
    return tuple(found)


def source(target: TargetInForce, say: Wording) -> str:
    """Who asked for it, by which document, since when."""
    if target.basis == "rollup":
        return say("source.rollup", members=say.number(target.members or 0), of=say.number(target.of or 0))
    document = target.document or say("source.no_document")
    return say(
        "source.decree",
        authority=say.beginning(f"authority.{target.authority}"),
        document=document,
        since=say.day(target.effective_on),
    )


def _link(standing: Standing, shell: Shell) -> str:
    target = standing.target
    if target is None or target.basis == "rollup":
        return ""
    return shell.link(path_of(standing.region, "targets", standing.programme, target.authority, str(target.due_on)))


def _share(part: int, whole: int) -> Decimal:
    share = Decimal(part) * 100 / Decimal(whole)
    return max(Decimal(0), min(share, Decimal(100))).quantize(Decimal("0.1"), ROUND_HALF_UP)
