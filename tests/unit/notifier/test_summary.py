"""What a digest says: which lines, in which order, and what changed since the one before."""

from __future__ import annotations

from services.notifier.alert import AlertState
from services.notifier.summary import summary
from tests.unit.notifier.standings import TARGET, standing

NEVER = AlertState()


def test_changed_lines_come_first_and_the_gravest_first_among_them() -> None:
    serang = standing()
    tangerang = standing(region="36.03", name="Kabupaten Tangerang", gap=-10, status="behind", severity="warning")
    cilegon = standing(region="36.72", name="Kota Cilegon", gap=20, status="on_pace", severity=None)
    narrower = standing(region="36.04.01")
    aimless = standing(region="36.01", target=None, status="no_target")
    before = {serang.line: "behind/critical", tangerang.line: "on_pace", cilegon.line: "behind/warning"}
    found = summary("36", [serang, tangerang, cilegon, narrower, aimless], before, lambda line: NEVER, lambda _: False)
    assert [(row.standing.region, row.changed, row.before) for row in found.rows] == [
        ("36.03", True, "on_pace"),
        ("36.72", True, "behind"),
        ("36.04", False, "behind"),
    ]
    assert found.changed
    assert found.untold == 8 - 3
    assert found.statuses == {**before, tangerang.line: "behind/warning", cilegon.line: "on_pace"}
    again = summary("36", [serang, tangerang, cilegon], found.statuses, lambda line: NEVER, lambda _: False)
    assert not again.changed


def test_the_first_digest_calls_nothing_changed() -> None:
    found = summary("36.04", [standing()], None, lambda line: NEVER, lambda state: state is NEVER)
    assert [(row.changed, row.before, row.acknowledged) for row in found.rows] == [(False, None, True)]
    assert (found.untold, found.changed) == (0, False)


def test_a_new_line_is_a_change() -> None:
    local = standing(target=TARGET.model_copy(update={"authority": "local"}))
    found = summary(
        "36.04", [standing(), local], {standing().line: "behind/critical"}, lambda _: NEVER, lambda _: False
    )
    assert [(row.changed, row.before) for row in found.rows] == [(True, None), (False, "behind")]
