"""Defects in what those who listen to a region hear."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

CHANNEL = "tests/unit/aggregator/test_live_channel.py"
ROUNDS = "tests/unit/aggregator/test_live_rounds.py"
STREAMS = "tests/e2e/test_live.py"
PAGE = "tests/unit/aggregator/pages/test_live.py"
CHANNEL_FILE = "services/aggregator/live/channel.py"
SAYING_FILE = "services/aggregator/live/saying.py"
ROUNDS_FILE = "services/aggregator/live/rounds.py"
PAGE_FILE = "services/aggregator/web/pages/live.py"

MUTATIONS = (
    Mutation(
        "older figures come after newer ones",
        CHANNEL_FILE,
        (("return figures.sequence >= self._heard or monotonic()", "return True or monotonic()"),),
        (f"{CHANNEL}::test_who_knows_later_figures_waits_for_them",),
    ),
    Mutation(
        "who is slow misses what changed in between",
        CHANNEL_FILE,
        (("self._edition_of[code] > edition and", "self._edition_of[code] == self.edition and"),),
        (f"{CHANNEL}::test_a_slow_listener_hears_the_newest_and_no_other",),
    ),
    Mutation(
        "who is slow hears what others heard long ago",
        CHANNEL_FILE,
        (("        self._messages.clear()\n", ""),),
        (f"{CHANNEL}::test_a_slow_listener_hears_the_newest_and_no_other",),
    ),
    Mutation(
        "versions follow a clock that goes back",
        CHANNEL_FILE,
        (("max(version + 1, now_ms or time.time_ns() // 1_000_000)", "now_ms or time.time_ns() // 1_000_000"),),
        (f"{CHANNEL}::test_versions_grow_also_when_the_clock_goes_back",),
    ),
    Mutation(
        "what a kab/kota is made of moves only with its standings",
        SAYING_FILE,
        (("version_of(kabkota), checkpoints.get(partition), generation", "version_of(kabkota), generation"),),
        (f"{STREAMS}::test_figures_that_change_no_standing_are_told_too",),
    ),
    Mutation(
        "a province's own target is not told on the page of the nation",
        SAYING_FILE,
        (("known.view.version if code == NATION else known.view.version_of(code)", "known.view.version_of(code)"),),
        (f"{STREAMS}::test_a_target_of_a_province_is_told_to_who_listens_to_the_nation",),
    ),
    Mutation(
        "a kecamatan where nothing happens stays unreachable",
        SAYING_FILE,
        (("        channel.of = None\n", ""),),
        (f"{STREAMS}::test_figures_stay_while_the_database_is_away",),
    ),
    Mutation(
        "who has just come waits for the next look",
        ROUNDS_FILE,
        (("        self._hurried.set()\n", "        pass\n"),),
        (f"{ROUNDS}::test_who_has_just_come_need_not_wait",),
    ),
    Mutation(
        "it is looked while nobody listens",
        ROUNDS_FILE,
        (("            self._wanted.clear()\n", "            pass\n"),),
        (f"{ROUNDS}::test_there_is_no_round_while_nobody_listens",),
    ),
    Mutation(
        "an open page is told in the language of who came first",
        PAGE_FILE,
        (("made.get(key := (programme, shell.language))", 'made.get(key := (programme, "id"))'),),
        (f"{PAGE}::test_each_page_is_told_in_its_language_and_of_its_programme",),
    ),
    Mutation(
        "a row of an open page stays as it was first told",
        PAGE_FILE,
        (("if known is None or known[0] != state:", "if known is None:"),),
        (f"{PAGE}::test_a_row_that_is_another_is_told_as_it_is_now",),
    ),
    Mutation(
        "an open page shows the other programme",
        PAGE_FILE,
        (("tables.principal(rows, programme, seen.on)", 'tables.principal(rows, "ikd", seen.on)'),),
        (f"{PAGE}::test_each_page_is_told_in_its_language_and_of_its_programme",),
    ),
)
