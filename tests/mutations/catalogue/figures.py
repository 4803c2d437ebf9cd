"""Defects in what regions come to: pace and books, whose turn it is, published figures, what is hidden."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

PACE = "tests/unit/aggregator/test_pace.py"
PACE_BOUNDS = "tests/property/test_pace.py"
BOOKS = "tests/property/test_latest.py"
TURNS = "tests/unit/aggregator/test_assessor.py"
CLAIMS = "tests/unit/aggregator/test_claims.py"
TABLES = "tests/property/test_suppression.py"
ANSWERS = "tests/unit/aggregator/test_suppressed.py"
TOLD = "tests/unit/aggregator/test_suppressed_alerts.py"

MUTATIONS = (
    Mutation(
        "the way begins a day late",
        "services/aggregator/pace.py",
        (("begun = (first - target.start_on).days + 1", "begun = (first - target.start_on).days"),),
        (f"{PACE}::test_malang_from_zero_is_ahead",),
    ),
    Mutation(
        "the day of a change is judged by both targets",
        "services/aggregator/pace.py",
        (("[decree.effective_on - _ONE_DAY for decree", "[decree.effective_on for decree"),),
        (f"{PACE_BOUNDS}::test_each_day_is_judged_by_the_target_in_force_on_it",),
    ),
    Mutation(
        "a target is in force before it took effect",
        "services/aggregator/pace.py",
        (("max(decree.effective_on, decree.target.start_on), min", "decree.target.start_on, min"),),
        (f"{PACE_BOUNDS}::test_each_day_is_judged_by_the_target_in_force_on_it",),
    ),
    Mutation(
        "days behind need not be in a row",
        "services/aggregator/pace.py",
        (("streak = streak + 1 if exceeds else 0", "streak = streak + 1 if exceeds else streak"),),
        (f"{PACE}::test_days_behind_with_a_better_one_among_them_are_not_in_a_row",),
    ),
    Mutation(
        "what is done on a day counts from the next",
        "services/aggregator/book.py",
        (
            (
                "while at < len(days) and days[at] <= day:",
                "while at < len(days) and days[at] < day:",
            ),
            ("bisect_right(self._days, first), first", "bisect_right(self._days, first - _ONE_DAY), first"),
        ),
        (f"{BOOKS}::test_a_kept_book_answers_as_the_one_it_was_made_from",),
    ),
    Mutation(
        "a wider region of which no report is known has nobody",
        "services/aggregator/book.py",
        (("[sum(counts) if counts else None for counts in known]", "[sum(counts) for counts in known]"),),
        (f"{BOOKS}::test_a_sum_answers_as_its_parts_together",),
    ),
    Mutation(
        "those that nobody watches are assessed first",
        "services/aggregator/assessor.py",
        (("return (first[:room] + others + first[room:])", "return (others + first)"),),
        (TURNS,),
    ),
    Mutation(
        "those that nobody watches may wait for ever",
        "services/aggregator/assessor.py",
        (("room = most - min(patient, len(others))", "room = most"),),
        (TURNS,),
    ),
    Mutation(
        "among the watched it is by code and not by waiting",
        "services/aggregator/assessor.py",
        (("ordered = list(waiting)", "ordered = sorted(waiting)"),),
        (TURNS,),
    ),
    Mutation(
        "a target is a basis after it was due",
        "services/aggregator/claims.py",
        ((" and claim.as_of <= in_force[1].due_on:", ":"),),
        (f"{CLAIMS}::test_a_target_is_a_basis_until_it_is_due",),
    ),
    Mutation(
        "half a hundredth is rounded to the even one",
        "services/aggregator/claims.py",
        (
            (
                "from decimal import ROUND_HALF_UP, Decimal",
                "from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal",
            ),
            ("quantize(published, ROUND_HALF_UP)", "quantize(published, ROUND_HALF_EVEN)"),
        ),
        (f"{CLAIMS}::test_the_matching_basis_is_named",),
    ),
    Mutation(
        "a single hidden count is what is missing in the total",
        "services/aggregator/suppression.py",
        (("if len(set(small.values())) == 1:", "if False:"),),
        (f"{TABLES}::test_of_all_small_tables_none_gives_a_hidden_cell_away",),
    ),
    Mutation(
        "of equals the one that is hidden is the first by name",
        "services/aggregator/suppression.py",
        (
            (
                "{key for key, count in counts.items() if abs(count) == min(large)}",
                "{min(key for key, count in counts.items() if abs(count) == min(large))}",
            ),
        ),
        (f"{TABLES}::test_names_do_not_matter",),
    ),
    Mutation(
        "a small fall is told",
        "services/aggregator/suppression.py",
        (("return 0 < abs(count) < self.smallest", "return 0 < count < self.smallest"),),
        (f"{TABLES}::test_what_is_hidden_below_five",),
    ),
    Mutation(
        "the total after a hidden day is told",
        "services/aggregator/reading/suppressed.py",
        (('else change, "total": None, "suppressed"', 'else change, "suppressed"'),),
        (f"{ANSWERS}::test_of_days_totals_end_where_hiding_begins",),
    ),
    Mutation(
        "the stock of cards tells who is not recorded",
        "services/aggregator/reading/suppressed.py",
        (('if blanko is not None and "perekaman" in programmes:', 'if blanko is not None and "ikd" in programmes:'),),
        (f"{ANSWERS}::test_who_is_not_recorded_is_wajib_ktp_less_who_is",),
    ),
    Mutation(
        "the rule of a kecamatan's alert tells its rates",
        "services/aggregator/suppressed_alerts.py",
        (('update={"rule": "", "standing": then}', 'update={"standing": then}'),),
        (f"{TOLD}::test_what_is_told_is_told_without_rule_and_gravest_severity",),
    ),
    Mutation(
        "what a head was told of a kecamatan is told whatever it is now",
        "services/aggregator/suppressed_alerts.py",
        (("    if not any((row.line, row.actual, row.expected, row.gap) == figures for", "    if not any(True for"),),
        (f"{TOLD}::test_figures_that_are_others_now_are_left_out",),
    ),
    Mutation(
        "an alert of a hidden kecamatan is told",
        "services/aggregator/suppressed_alerts.py",
        (
            (
                "    return any(entry.programme in (None, row.programme) for row in told[_moment(entry)])\n",
                "    return True\n",
            ),
        ),
        (f"{TOLD}::test_of_what_is_hidden_nothing_is_left",),
    ),
    Mutation(
        "a letter that hides something is shown",
        "services/aggregator/suppressed_alerts.py",
        (("mail.hides_below >= smallest", "(mail.hides_below > 0 or not smallest)"),),
        (f"{TOLD}::test_a_letter_is_shown_that_hides_as_much",),
    ),
)
