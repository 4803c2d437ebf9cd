"""Defects in what the pages say."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

CARDS = "tests/unit/aggregator/pages/test_cards.py"
TABLES = "tests/unit/aggregator/pages/test_tables.py"
WIDE = "tests/unit/aggregator/pages/test_wide.py"
TARGETS = "tests/unit/aggregator/pages/test_targets.py"
QUALITY = "tests/unit/aggregator/pages/test_quality.py"
SHELL = "tests/unit/aggregator/pages/test_shell.py"
PAGES = "tests/integration/aggregator/test_pages.py"
CARDS_FILE = "services/aggregator/web/pages/cards.py"
TABLES_FILE = "services/aggregator/web/pages/tables.py"
WIDE_FILE = "services/aggregator/web/pages/wide.py"

MUTATIONS = (
    Mutation(
        "who is below the line is called above it",
        CARDS_FILE,
        (("'below' if standing.gap < 0 else 'above'", "'below' if standing.gap > 0 else 'above'"),),
        (f"{CARDS}::test_a_verdict_says_on_which_side_of_the_line_it_is",),
    ),
    Mutation(
        "what is just reached is missed",
        CARDS_FILE,
        (("if ahead.count >= required:", "if ahead.count > required:"),),
        (f"{CARDS}::test_what_comes_to_what_is_required_on_the_due_date_is_reached",),
    ),
    Mutation(
        "a term is over on its last day",
        CARDS_FILE,
        (("self.standing.on > target.due_on", "self.standing.on >= target.due_on"),),
        (f"{CARDS}::test_a_term_ends_after_its_last_day",),
    ),
    Mutation(
        "a nought is not known",
        TABLES_FILE,
        (("if (number := value(row)) is not None]", "if (number := value(row))]"),),
        (f"{TABLES}::test_rows_are_in_order_and_the_unknown_last",),
    ),
    Mutation(
        "a search heeds capitals",
        TABLES_FILE,
        (('get("q", "").strip().casefold()', 'get("q", "").strip()'),),
        (f"{TABLES}::test_a_search_is_by_name_or_code_and_headings_turn_the_order_round",),
    ),
    Mutation(
        "the target of a region is over on the day it is due",
        TABLES_FILE,
        (("over = row.target.due_on < on", "over = row.target.due_on <= on"),),
        (f"{TABLES}::test_a_target_counts_until_the_evening_of_its_due_date",),
    ),
    Mutation(
        "a tile says coverage and calls it attainment",
        WIDE_FILE,
        (
            ("row is None or row.attainment_percent is None", "row is None or row.coverage_percent is None"),
            ("percent=say.percent(row.attainment_percent)", "percent=say.percent(row.coverage_percent)"),
        ),
        (f"{WIDE}::test_a_tile_says_how_much_of_the_target_is_done",),
    ),
    Mutation(
        "who fell back least comes first",
        WIDE_FILE,
        (("for mover in reversed(found[-_MOST:])", "for mover in found[-_MOST:]"),),
        (f"{WIDE}::test_who_moved_most_comes_first_up_and_down",),
    ),
    Mutation(
        "the largest regions always move most",
        WIDE_FILE,
        (
            ("Decimal(row.done7 * _HUNDRED_THOUSAND) / (7 * row.wajib_ktp)", "Decimal(row.done7) / 7"),
            ("Decimal(row.done28 * _HUNDRED_THOUSAND) / (28 * row.wajib_ktp)", "Decimal(row.done28) / 28"),
        ),
        (f"{WIDE}::test_regions_of_any_size_compare",),
    ),
    Mutation(
        "a tally begins with who is well",
        WIDE_FILE,
        (("for status, count in counts.items() if count}", "for status, count in reversed(counts.items()) if count}"),),
        (f"{WIDE}::test_a_tally_begins_with_the_gravest_and_leaves_out_what_nobody_is",),
    ),
    Mutation(
        "a target of tomorrow is the present one",
        "services/aggregator/web/pages/targets.py",
        (("decree.effective_on <= on]", "decree.effective_on]"),),
        (f"{TARGETS}::test_the_last_that_took_effect_is_the_present_one",),
    ),
    Mutation(
        "who never reported recordings contradicts itself",
        "services/aggregator/web/pages/quality.py",
        (
            (
                "if active is not None and recorded and active",
                "if active is not None and recorded is not None and active",
            ),
        ),
        (f"{QUALITY}::test_only_what_cannot_be_true_is_a_contradiction",),
    ),
    Mutation(
        "a language chosen before counts more than the one chosen now",
        "services/aggregator/web/pages/language.py",
        (
            (
                'request.query_params.get("lang"), request.cookies.get(COOKIE)',
                'request.cookies.get(COOKIE), request.query_params.get("lang")',
            ),
        ),
        (f"{SHELL}::test_what_was_asked_for_just_now_counts_before_what_was_asked_for_before",),
    ),
    Mutation(
        "a day that is none is today",
        "services/aggregator/web/pages/visit.py",
        (('raise NotThereError("missing.day") from error', "return None"),),
        (f"{PAGES}::test_a_day_that_is_none_has_no_page",),
    ),
    Mutation(
        "a link loses the day",
        "services/aggregator/web/pages/shell.py",
        (("return _address(path, kept | changes)", "return _address(path, changes)"),),
        (f"{SHELL}::test_links_to_other_pages_keep_the_day_and_nothing_else",),
    ),
    Mutation(
        "a wider region that one may not see is linked",
        "services/aggregator/web/pages/shell.py",
        (("path_of(at) if may_see(at) else None", "path_of(at)"),),
        (f"{SHELL}::test_wider_regions_lead_to_their_pages_unless_one_may_not_see_them",),
    ),
)
