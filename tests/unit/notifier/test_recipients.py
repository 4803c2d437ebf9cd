"""The recipients file: what is accepted, what is refused with which words, and how a change is taken up."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import pytest

from services.notifier.metrics import Metrics
from services.notifier.recipient import Recipient
from services.notifier.recipients import Recipients
from services.notifier.recipients_file import RecipientsError, read
from services.notifier.schedule import Hours, QuietDays, QuietHours

HOURS = Hours()

GOOD = """
[[recipient]]
region = "51.71"
role = "head"
title = "Kepala Disdukcapil Kota Denpasar"
email = "kepala@dukcapil.denpasarkota.go.id"

[[recipient]]
region = "36.04"
role = "head"
title = "Kepala Disdukcapil Kabupaten Serang"
email = "kepala@dukcapil.serangkab.go.id"
"""

QUIET = """
[[quiet]]
region = "51"
from = 2026-06-17
to = 2026-06-18
reason = "Galungan"

[[quiet]]
region = "ID"
weekday = "friday"
from = 11:30:00
to = 13:00:00
reason = "Salat Jumat"
"""


def written(path: Path, text: str) -> Path:
    file = path / "recipients.toml"
    file.write_text(text, encoding="utf-8")
    return file


def opened(file: Path, metrics: Metrics | None = None, changed: Callable[[], None] = lambda: None) -> Recipients:
    return Recipients(file, metrics or Metrics(), HOURS, changed)


def heads(recipients: Recipients, region: str) -> list[Recipient]:
    return [one for one in recipients.all("head") if one.region == region]


def test_heads_in_the_order_of_the_file(tmp_path: Path) -> None:
    recipients = opened(written(tmp_path, GOOD))

    assert [head.title for head in recipients.all("head")] == [
        "Kepala Disdukcapil Kota Denpasar",
        "Kepala Disdukcapil Kabupaten Serang",
    ]
    assert recipients.quiet() == ()


def test_every_role_has_its_level(tmp_path: Path) -> None:
    over = """
[[recipient]]
region = "51"
role = "province"
title = "Kepala Dinas Provinsi Bali"
email = "kepala@bali.example"
cc = ["a@bali.example", "b@bali.example"]
language = "en"

[[recipient]]
region = "ID"
role = "directorate"
title = "Direktur"
email = "direktur@kemendagri.example"
"""
    recipients = opened(written(tmp_path, GOOD + over))

    (bali,) = recipients.all("province")
    assert (bali.cc, bali.language) == (("a@bali.example", "b@bali.example"), "en")
    assert [one.title for one in recipients.all("directorate")] == ["Direktur"]
    assert recipients.all("operations") == ()


def test_an_entry_that_looks_like_one_within_a_text_names_no_line(tmp_path: Path) -> None:
    confusing = '[[recipient]]\ntitle = """\n[[recipient]]\n"""\n'
    with pytest.raises(RecipientsError, match=r"recipients\.toml, recipient 1: region"):
        read(written(tmp_path, confusing), HOURS)


def test_an_empty_file_is_allowed(tmp_path: Path) -> None:
    found = read(written(tmp_path, ""), HOURS)
    assert (found.recipients, found.quiet) == ((), ())


def test_quiet_times_are_days_or_hours(tmp_path: Path) -> None:
    every_day = '[[quiet]]\nregion = "51.71"\nfrom = 08:00:00\nto = 08:30:00\nreason = "Apel  pagi"\n'
    assert read(written(tmp_path, QUIET + GOOD + every_day), HOURS).quiet == (
        QuietDays("51", date(2026, 6, 17), date(2026, 6, 18), "Galungan"),
        QuietHours("ID", time(11, 30), time(13), "Salat Jumat", weekday=4),
        QuietHours("51.71", time(8), time(8, 30), "Apel pagi"),
    )


def test_a_month_may_be_quiet_and_so_may_months_one_after_the_other(tmp_path: Path) -> None:
    month = '[[quiet]]\nregion = "ID"\nreason = "Pindah kantor"\nfrom = 2026-{0}-01\nto = 2026-{0}-31\n'
    found = read(written(tmp_path, "".join(month.format(number) for number in ("07", "08"))), HOURS)
    assert [one.last for one in found.quiet if isinstance(one, QuietDays)] == [date(2026, 7, 31), date(2026, 8, 31)]


@pytest.mark.parametrize(
    ("change", "with_", "words"),
    [
        ('region = "51.71"', 'region = "99.99"', ["recipient 1", "region", "unknown"]),
        ('region = "51.71"', "region = 51.71", ["recipient 1", "region", "string"]),
        ('role = "head"', 'role = "boss"', ["line 4", "recipient 1", "role", "head"]),
        ('role = "head"', 'role = "province"', ["line 2", "a province answers for a province"]),
        ('region = "51.71"', 'region = "51"', ["line 2", "a head answers for a kabkota"]),
        ('role = "head"', 'role = "head"\ncc = ["x"]', ["line 5", "cc.0: is not an e-mail address"]),
        ('role = "head"', 'role = "head"\nlanguage = "fr"', ["line 5", "language"]),
        ('title = "Kepala Disdukcapil Kota Denpasar"', 'title = ""', ["recipient 1", "title"]),
        (
            "kepala@dukcapil.denpasarkota.go.id",
            "kepala at denpasar",
            ["line 6", "recipient 1", "email", "not an e-mail address"],
        ),
        ("kepala@dukcapil.denpasarkota.go.id", "a@b.go.id\\r\\nBcc: x@y.z", ["recipient 1", "not an e-mail address"]),
        ('email = "kepala@dukcapil.serangkab.go.id"', "", ["line 8", "recipient 2", "email", "required"]),
        ('region = "36.04"', 'region = "36.04"\nphone = "1"', ["line 10", "recipient 2", "phone"]),
        ("[[recipient]]", "[[recipients]]", ["remove recipients"]),
        ("[[recipient]]", "[[recipient", ["not TOML", "line 2"]),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: str, with_: str, words: list[str]) -> None:
    file = written(tmp_path, GOOD.replace(change, with_))

    with pytest.raises(RecipientsError) as refused:
        read(file, HOURS)

    for word in [str(file), *words]:
        assert word in refused.value.reason
    assert "kepala" not in refused.value.reason.replace(str(file), "")


@pytest.mark.parametrize(
    ("change", "with_", "words"),
    [
        ('region = "51"', 'region = "99"', ["line 15, quiet 1: region: region code 99 is unknown"]),
        ('region = "51"', 'region = "64.04"', ["line 15, quiet 1: region", "use 65.01"]),
        ('region = "51"', 'region = "51.71.01"', ["line 15, quiet 1: region", "less than a kab/kota"]),
        ('region = "51"\n', "", ["line 14, quiet 1: region: Field required", "needs region, reason, and from and to"]),
        ('reason = "Galungan"', "", ["line 14, quiet 1: reason: Field required"]),
        ('reason = "Galungan"', 'reason = " "', ["line 18, quiet 1: reason: is empty"]),
        ('reason = "Salat Jumat"', "reason = 7", ["line 25, quiet 2: reason"]),
        ("from = 2026-06-17\n", "", ["line 14, quiet 1: from: Field required"]),
        (
            "from = 2026-06-17",
            'from = "2026-06-17"',
            ["line 16, quiet 1: from", "valid date", "without quotation marks"],
        ),
        ("from = 2026-06-17", "from = 2026-06-17T08:00:00", ["line 16, quiet 1: from", "valid date"]),
        ("from = 2026-06-17", "from = 17", ["line 16, quiet 1: from", "both dates such as 2026-06-17"]),
        ("from = 2026-06-17", "from = 1926-06-17", ["line 16, quiet 1: from", "2011-01-01"]),
        ("to = 2026-06-18", "to = 9999-12-31", ["line 17, quiet 1: to", "2100-12-31"]),
        ("to = 2026-06-18", "to = 13:00:00", ["line 17, quiet 1: to", "both times such as 11:30:00"]),
        ("to = 13:00:00", "to = 2026-06-18", ["line 24, quiet 2: to", "valid time", "both dates"]),
        ("to = 2026-06-18", "to = 2026-06-16", ["line 14, quiet 1: to, 2026-06-16, is before from, 2026-06-17"]),
        ("to = 2026-06-18", "to = 2026-07-18", ["line 14, quiet 1: these are 32 days, and 31 are allowed", "divide"]),
        ("to = 13:00:00", "to = 11:30:00", ["line 20, quiet 2: to, 11:30:00, is not after from", "two entries"]),
        ("to = 13:00:00", "to = 02:00:00", ["line 20, quiet 2", "over midnight"]),
        ("to = 13:00:00", "to = 13.00", ["line 24, quiet 2: to"]),
        ("to = 13:00:00", "to = 13:00", ["not TOML", "line 24"]),
        ('weekday = "friday"', 'weekday = "jumat"', ["line 22, quiet 2: weekday", "'friday'", "monday to sunday"]),
        ('weekday = "friday"', "weekday = 4", ["line 22, quiet 2: weekday"]),
        (
            'reason = "Galungan"',
            'weekday = "friday"\nreason = "Galungan"',
            ["line 18, quiet 1: weekday", "not permitted", "with times it may have weekday"],
        ),
        ('reason = "Galungan"', 'reason = "Galungan"\nnote = "x"', ["line 19, quiet 1: note", "not permitted"]),
        ("from = 2026-06-17", "begins = 2026-06-17", ["line 14, quiet 1: from: Field required"]),
        ("[[quiet]]", "[quiet]", ["Cannot declare", "not TOML"]),
        (QUIET, "[quiet]\n", ["remove [quiet]"]),
        (QUIET, "[[quite]]\n", ["may only hold [[recipient]] and [[quiet]] entries: remove quite"]),
        (GOOD + QUIET, "quiet = [5]", ["recipients.toml, quiet 1: Input should be"]),
        (
            'weekday = "friday"\nfrom = 11:30:00\nto = 13:00:00',
            "from = 07:00:00\nto = 17:00:00",
            ["line 20, quiet 2: it leaves nothing", "go out to ID", "Shorten it"],
        ),
    ],
)
def test_what_is_wrong_with_a_quiet_time_is_named(tmp_path: Path, change: str, with_: str, words: list[str]) -> None:
    assert change in GOOD + QUIET
    file = written(tmp_path, (GOOD + QUIET).replace(change, with_))

    with pytest.raises(RecipientsError) as refused:
        read(file, HOURS)

    for word in [str(file), *words]:
        assert word in refused.value.reason


def test_hours_that_together_leave_nothing_are_refused(tmp_path: Path) -> None:
    """Each leaves something; in Denpasar, which is in all three regions, they leave nothing."""
    hours = ("ID", "08:00:00", "10:00:00"), ("51", "09:30:00", "14:00:00"), ("51.71", "14:00:00", "16:00:00")
    text = "".join(
        f'[[quiet]]\nregion = "{region}"\nfrom = {begins}\nto = {ends}\nreason = "Upacara"\n'
        for region, begins, ends in hours
    )
    with pytest.raises(RecipientsError, match=r"line 11, quiet 3: it leaves nothing of the hours .* to 51\.71,"):
        read(written(tmp_path, text), HOURS)

    assert read(written(tmp_path, text), Hours(closes=time(16, 1))).quiet
    assert read(written(tmp_path, text.replace('"51.71"', '"36"')), HOURS).quiet


def test_days_of_the_week_that_together_leave_nothing_are_refused(tmp_path: Path) -> None:
    def text(days: list[str]) -> str:
        entry = '[[quiet]]\nregion = "51"\nweekday = "{}"\nfrom = 00:00:00\nto = 23:59:59\nreason = "Tutup"\n'
        return "".join(entry.format(day) for day in days)

    week = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert len(read(written(tmp_path, text(week[:4])), HOURS).quiet) == 4
    with pytest.raises(RecipientsError, match="quiet 5: it leaves nothing"):
        read(written(tmp_path, text(week)), HOURS)
    # Who mails on Saturdays, too, has one left.
    assert read(written(tmp_path, text(week)), Hours(always=True)).quiet


def test_the_same_address_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="line 14, recipient 3: repeats recipient 1"):
        read(written(tmp_path, GOOD + GOOD), HOURS)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="LAJU_RECIPIENTS"):
        opened(tmp_path / "none.toml")


def test_a_change_is_taken_up_and_told_once(tmp_path: Path) -> None:
    file, told = written(tmp_path, GOOD), list[str]()
    recipients = opened(file, changed=lambda: told.append("changed"))
    assert (recipients.quiet(), told) == ((), [])

    replace(file, GOOD.replace("51.71", "51.08") + QUIET)

    assert [one.reason for one in recipients.quiet()] == ["Galungan", "Salat Jumat"]
    assert heads(recipients, "51.71") == []
    assert len(heads(recipients, "51.08")) == 1
    assert told == ["changed"]

    replace(file, GOOD)
    recipients.refresh()
    assert told == ["changed", "changed"]
    assert recipients.quiet() == ()


def test_a_broken_change_leaves_the_old_entries_in_use(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, metrics, told = written(tmp_path, GOOD + QUIET), Metrics(), list[str]()
    recipients = opened(file, metrics, lambda: told.append("changed"))

    replace(file, GOOD.replace("@", " at "))
    with caplog.at_level(logging.ERROR):
        assert len(heads(recipients, "51.71")) == 1
        assert len(heads(recipients, "51.71")) == 1
        assert len(recipients.quiet()) == 2
    assert told == []

    assert len(caplog.records) == 1
    assert "kepala at" not in caplog.text
    assert metrics.registry.get_sample_value("laju_notifier_recipients_valid") == 0

    replace(file, GOOD)
    assert len(heads(recipients, "51.71")) == 1
    assert metrics.registry.get_sample_value("laju_notifier_recipients_valid") == 1


def replace(file: Path, text: str) -> None:
    """Put a new file in the place of the old one, as an editor does."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)
