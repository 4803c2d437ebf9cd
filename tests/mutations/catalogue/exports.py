"""Defects in what is taken away from the pages."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

CSV = "tests/unit/aggregator/exports/test_delimited.py"
XLSX = "tests/unit/aggregator/exports/test_workbook.py"
CONTENTS = "tests/unit/aggregator/exports/test_contents.py"
PDF = "tests/unit/aggregator/exports/test_report.py"

MUTATIONS = (
    Mutation(
        "a formula behind a semicolon is computed",
        "services/aggregator/web/exports/delimited.py",
        (('re.compile(r"(^|[;\\t\\r\\n])(?=', 're.compile(r"(^)(?='),),
        (f"{CSV}::test_what_a_spreadsheet_would_compute_is_text",),
    ),
    Mutation(
        "a text in a workbook is whatever it looks like",
        "services/aggregator/web/exports/workbook.py",
        (("page.write_string(line, place, value, look)", "page.write(line, place, value, look)"),),
        (f"{XLSX}::test_no_text_becomes_a_formula",),
    ),
    Mutation(
        "a hundredth is a whole in a workbook",
        "services/aggregator/web/exports/workbook.py",
        (('float(Decimal(value) / 100) if form == "percent" else float(value)', "float(value)"),),
        (f"{XLSX}::test_cells_are_real_numbers_dates_and_texts",),
    ),
    Mutation(
        "what is hidden is nought in a table",
        "services/aggregator/web/exports/contents.py",
        (("_named(by, share, pages), share.count)", "_named(by, share, pages), share.count or 0)"),),
        (f"{CONTENTS}::test_what_is_hidden_is_empty",),
    ),
    Mutation(
        "a target is over on the day it is due",
        "services/aggregator/web/exports/report/gathering.py",
        (("row.target.due_on >= day]", "row.target.due_on > day]"),),
        (f"{PDF}::test_a_line_is_in_force_until_the_evening_of_its_due_date",),
    ),
    Mutation(
        "a report is dated by the clock of the server",
        "services/aggregator/web/exports/report/contents.py",
        (("say.moment(printed.astimezone(zone_of(found.region.code)))", "say.moment(printed)"),),
        (f"{PDF}::test_another_moment_changes_the_line_that_names_it_and_nothing_else",),
    ),
)
