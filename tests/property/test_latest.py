"""What is kept of the kab/kota gives what their books give, and what is in memory is what a fresh read would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.aggregator.book import Book, Denominator, Track, total
from services.aggregator.facts import Decree, Opening
from services.aggregator.latest.assessment import Assessment, assessment_in, nothing, renewed
from services.aggregator.latest.ledger import Report, ledger_of, read, text_of
from services.aggregator.latest.summed import summed
from services.aggregator.latest.view import Decrees, View, followed, stale, wide_rows
from services.aggregator.pace import Policy, assess_all
from services.aggregator.rollup import roll_up
from shared.events import PROGRAMMES, Programme
from shared.events.region import Target
from shared.events.standing import Standing
from shared.wilayah import kabkota_in

_ONE_DAY = timedelta(days=1)
_FIRST, _LAST = date(2022, 11, 1), date(2024, 12, 31)
_BALI = kabkota_in("51")
_dates = st.dates(_FIRST, _LAST)
_LOOKED_AT = 40
_near = st.dates(date(2024, 2, 20), date(2024, 3, 10))
_few = st.dates(date(2024, 2, 28), date(2024, 3, 1))
# Few days and numbers, so that changes of several cancel out.
_changes = st.dictionaries(st.one_of(_few, _near, _dates), st.sampled_from([-1, 1, -1, 1, 2, 40]), max_size=8)
_openings = st.dictionaries(_near, st.integers(0, 5000), max_size=3)
_reports = st.dictionaries(_near, st.integers(0, 9000), max_size=3)


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A kab/kota's, as it is made from what is stored: no day without a change."""
    tracks = {
        programme: Track(draw(_changes), [Opening(day, count) for day, count in draw(_openings).items()])
        for programme in PROGRAMMES
    }
    reports = [Report(day, count) for day, count in draw(_reports).items()]
    return Book(tracks, Denominator(reports), draw(st.booleans()))


@st.composite
def decrees(draw: st.DrawFn) -> tuple[Decree, ...]:
    """Targets of one region, some of them over, with later versions and withdrawals."""
    found = []
    for programme in draw(st.sets(st.sampled_from(PROGRAMMES))):
        due_on = draw(st.sampled_from([date(2024, 3, 5), date(2024, 12, 31)]))
        for number, effective_on in enumerate(sorted(draw(st.sets(_near, min_size=1, max_size=2)))):
            aim = None if number and draw(st.booleans()) else _target(programme, draw(st.integers(1, 99)), due_on)
            found.append(Decree(f"test#{number}", (programme, "national", due_on), effective_on, aim))
    return tuple(found)


def _target(programme: Programme, value: int, due_on: date) -> Target:
    return Target(
        region="51", programme=programme, authority="national", basis="percent_of_wajib_ktp", value=Decimal(value),
        start_on=date(2024, 2, 1), due_on=due_on, effective_on=date(2024, 2, 1),
    )  # fmt: skip


def _answers(book: Book, day: date, later: date) -> list[object]:
    """Everything that a book is asked."""
    found: list[object] = [book.wajib_ktp_on(day), book.wajib_ktp_expected(later, day), book.simulated]
    for programme in PROGRAMMES:
        found += [book.done_by(programme, day), book.done_between(programme, day, later)]
        found += [book.first_known(programme), book.last_known(programme, day)]
        each = [day + timedelta(days=number) for number in range((later - day).days + 1)]
        found.append(counts := book.done_daily(programme, day, later))
        assert counts[:_LOOKED_AT] == [book.done_by(programme, one) for one in each[:_LOOKED_AT]]
        assert len(counts) == len(each)
    found.append(wholes := book.wajib_ktp_daily(day, later))
    assert wholes[:_LOOKED_AT] == [book.wajib_ktp_on(one) for one in each[:_LOOKED_AT]]
    assert len(wholes) == len(each)
    return found


@given(book=books(), day=_near, later=_dates)
@settings(max_examples=300, deadline=None)
def test_a_kept_book_answers_as_the_one_it_was_made_from(book: Book, day: date, later: date) -> None:
    ledger = ledger_of(book)
    kept = read(text_of(ledger))
    assert kept == ledger
    assert text_of(kept) == text_of(ledger)
    assert _answers(kept.book(), day, later) == _answers(book, day, later)


@given(parts=st.lists(books(), max_size=4), day=st.one_of(_few, _near, _dates), later=_dates)
@settings(max_examples=800, deadline=None)
def test_a_sum_answers_as_its_parts_together(parts: list[Book], day: date, later: date) -> None:
    # With nothing but a book without days, as a region of which nothing is known has one.
    whole = total([*parts, Book({programme: Track({}) for programme in PROGRAMMES})])
    assert _answers(summed(ledger_of(part) for part in parts), day, later) == _answers(whole, day, later)


@given(
    parts=st.lists(st.tuples(books(), decrees()), min_size=1, max_size=4),
    own=decrees(),
    on=st.sampled_from([date(2024, 2, 25), date(2024, 3, 4), date(2024, 3, 9)]),
)
@settings(max_examples=150, deadline=None)
def test_a_wider_region_stands_as_its_days_say(
    parts: list[tuple[Book, tuple[Decree, ...]]], own: tuple[Decree, ...], on: date
) -> None:
    policy = Policy()
    known = {
        code: Assessment(assess_all(code, book, aims, on, policy), ledger_of(book))
        for code, (book, aims) in zip(_BALI, parts, strict=False)
    }
    view = View(assessments=known, decrees={"51": own})
    rolled = roll_up("51", [row for found in known.values() for row in found.rows], len(_BALI), on, policy)
    expected = assess_all("51", total(book for book, _ in parts), own, on, policy)
    covered = {row.programme for row in rolled}
    assert wide_rows("51", view, view.book_of("51"), on, policy) == [
        *(row for row in expected if row.target or row.programme not in covered),
        *rolled,
    ]


def _row(code: str, actual: int) -> Standing:
    return Standing(
        region=code, name=code, programme="ikd", on=_LAST, status="no_target", actual=actual, rate7=Decimal(0),
        rate28=Decimal(0),
    )  # fmt: skip


@dataclass
class _Stored:
    """The database as others write it."""

    assessments: dict[str, Assessment] = field(default_factory=dict)
    decrees: Decrees = field(default_factory=dict)
    clock: int = 1000
    revision: int = 0

    def assess(self, code: str, actual: int) -> None:
        # A revision is the time, and does not come again either when a kab/kota is gone and comes back.
        self.revision += 1
        self.assessments[code] = Assessment((_row(code, actual),), revision=self.revision)

    def look(self, view: View) -> View:
        revisions = {code: found.revision for code, found in self.assessments.items()}
        read = {code: self.assessments[code] for code in stale(view, revisions)}
        return followed(view, revisions, read, dict(self.decrees), self.clock)


@st.composite
def _happenings(draw: st.DrawFn) -> Sequence[tuple[str, str, int]]:
    what = st.sampled_from(["assess", "drop", "decree", "look", "look", "clock"])
    return draw(st.lists(st.tuples(what, st.sampled_from([*_BALI[:3], "35.73"]), st.integers(-5, 5)), max_size=30))


@given(happenings=_happenings())
@settings(max_examples=400, deadline=None)
def test_memory_is_what_a_fresh_read_gives_whatever_happened_between_looks(
    happenings: Sequence[tuple[str, str, int]],
) -> None:
    stored, view = _Stored(), View()
    for what, code, number in happenings:
        if what == "assess":
            stored.assess(code, number)
        elif what == "drop":
            stored.assessments.pop(code, None)
        elif what == "decree":
            aim = Decree(f"x#{number}", ("ikd", "national", _LAST), _FIRST, None)
            stored.decrees = {**stored.decrees, "51": (aim,)}
        elif what == "clock":
            stored.clock += number
        else:
            seen, fresh = stored.look(view), stored.look(View())
            assert (seen.assessments, seen.decrees) == (fresh.assessments, fresh.decrees)
            other = {
                code for code in {*_BALI, "35.73"} if seen.assessments.get(code) is not view.assessments.get(code)
            } | ({"51"} if seen.decrees != view.decrees else set())
            assert seen.changed_since(view.version) == other
            assert (seen.version > view.version) == bool(other)
            assert (seen.version_of("51") > view.version_of("51")) == any(code.startswith("51") for code in other)
            assert (seen.version_of("35.73") > view.version_of("35.73")) == ("35.73" in other)
            view = seen


@given(
    book=books(), on=_near, move=st.tuples(_near, _near), programme=st.sampled_from(PROGRAMMES), now=st.integers(1, 9)
)
@settings(max_examples=200, deadline=None)
def test_a_past_day_that_changes_no_standing_is_a_change_all_the_same(
    book: Book, on: date, move: tuple[date, date], programme: Programme, now: int
) -> None:
    rows = [row.model_copy(update={"sequence": 7}) for row in assess_all("51.71", book, (), on, Policy())]
    first = renewed(nothing("51.71"), Assessment(rows, ledger_of(book)), now)
    assert first is not None
    assert renewed(first, assessment_in(first), now) is None
    days = book.tracks[programme].changes()
    for day, change in zip(move, (1, -1), strict=True):
        days[day] = days.get(day, 0) + change
    other = replace(
        book,
        tracks={
            **book.tracks,
            programme: Track({d: n for d, n in days.items() if n}, book.tracks[programme].openings),
        },
    )
    again = renewed(first, Assessment(rows, ledger_of(other)), now)
    if ledger_of(other) == ledger_of(book):
        assert again is None
    else:
        assert again is not None
        assert again["revision"] > first["revision"]
        assert again["unpublished"] == first["unpublished"]
        assert assessment_in(again).ledger == ledger_of(other)
