"""What a burn-up chart shows, picked out of a briefing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.briefing import Briefing, Measure, Point
from shared.events.standing import Forecast, Standing


@dataclass(frozen=True, slots=True)
class TargetStep:
    """From ``on`` the target asked for ``required`` people; ``document`` is the decree, if it is known."""

    on: date
    required: int
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """``today`` is the day the figures are of: for a target whose term is over, its due date. ``actual`` ends there
    with the standing's figure, which a series of every so many days may not reach. ``ahead`` is the forecast while its
    day is still to come, ``due`` the day and the number that the target asks for, if both are known. ``steps`` are none
    unless they differ. ``measures`` are in the order of their start: their places, from 1, are their numbers."""

    standing: Standing
    today: date
    over: bool
    actual: tuple[Point, ...]
    plan: tuple[Point, ...]
    ahead: Forecast | None
    due: Point | None
    steps: tuple[TargetStep, ...]
    measures: tuple[Measure, ...]

    @classmethod
    def of(cls, briefing: Briefing, steps: Sequence[TargetStep] = ()) -> Way:
        """What to show of a briefing."""
        standing, target = briefing.standing, briefing.standing.target
        today = standing.judged_on
        before = tuple(point for point in briefing.actual if point.on < today)
        forecast = standing.forecast
        known = target is not None and standing.required is not None
        return cls(
            standing=standing,
            today=today,
            over=standing.is_over,
            actual=(*before, Point(on=today, count=standing.actual)),
            plan=briefing.plan,
            ahead=forecast if forecast is not None and forecast.on > today else None,
            due=Point(on=target.due_on, count=standing.required or 0) if target and known else None,
            steps=tuple(steps) if len({step.required for step in steps}) > 1 else (),
            measures=tuple(sorted(briefing.measures, key=lambda measure: (measure.starts_on, measure.title))),
        )

    @property
    def first(self) -> date:
        """The first day shown."""
        return min(self._days())

    @property
    def last(self) -> date:
        """The last day shown."""
        return max(self._days())

    def drawn_steps(self) -> tuple[tuple[date, TargetStep], ...]:
        """The steps of the days shown, with the day where each is drawn: one that was in force before the first day
        begins there."""
        before = [step for step in self.steps if step.on <= self.first]
        later = [step for step in self.steps if self.first < step.on <= self.last]
        return tuple((self.first, step) for step in before[-1:]) + tuple((step.on, step) for step in later)

    def numbers(self) -> list[int]:
        """All numbers of people that are drawn."""
        of = self.standing
        shown = [point.count for point in (*self.plan, *self.actual)] + [
            step.required for _, step in self.drawn_steps()
        ]
        if self.due is not None:
            shown.append(self.due.count)
        if of.expected is not None:
            shown.append(of.expected)
        if self.ahead is not None:
            shown += [self.ahead.count, self.ahead.low, self.ahead.high]
        return shown

    def _days(self) -> list[date]:
        days = [point.on for point in (*self.plan, *self.actual)]
        if self.due is not None:
            days.append(self.due.on)
        if self.ahead is not None:
            days.append(self.ahead.on)
        return days
