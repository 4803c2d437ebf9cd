"""The recipients file: what is accepted, what is refused with which words, and how a change is taken up."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from services.notifier.metrics import Metrics
from services.notifier.recipients import Recipients, RecipientsError, read

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


def written(path: Path, text: str) -> Path:
    file = path / "recipients.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_heads_of_exactly_this_region(tmp_path: Path) -> None:
    recipients = Recipients(written(tmp_path, GOOD), Metrics())

    assert [head.title for head in recipients.heads("51.71")] == ["Kepala Disdukcapil Kota Denpasar"]
    assert recipients.heads("51") == ()
    assert recipients.heads("51.71.01") == ()


def test_a_province_answers_for_all_in_it_and_the_directorate_for_all(tmp_path: Path) -> None:
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
    recipients = Recipients(written(tmp_path, GOOD + over), Metrics())

    (bali,) = recipients.over("51.71", "province")
    assert (bali.cc, bali.language) == (("a@bali.example", "b@bali.example"), "en")
    assert recipients.over("36.04", "province") == ()
    assert [one.title for one in recipients.over("36.04", "directorate")] == ["Direktur"]
    assert recipients.all("operations") == ()


def test_an_entry_that_looks_like_one_within_a_text_names_no_line(tmp_path: Path) -> None:
    confusing = '[[recipient]]\ntitle = """\n[[recipient]]\n"""\n'
    with pytest.raises(RecipientsError, match=r"recipients\.toml, recipient 1: region"):
        read(written(tmp_path, confusing))


def test_an_empty_file_is_allowed(tmp_path: Path) -> None:
    assert read(written(tmp_path, "")) == ()


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
        read(file)

    for word in [str(file), *words]:
        assert word in refused.value.reason
    assert "kepala" not in refused.value.reason.replace(str(file), "")


def test_the_same_address_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="line 14, recipient 3: repeats recipient 1"):
        read(written(tmp_path, GOOD + GOOD))


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RecipientsError, match="LAJU_RECIPIENTS"):
        Recipients(tmp_path / "none.toml", Metrics())


def test_a_change_is_taken_up(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    recipients = Recipients(file, Metrics())

    replace(file, GOOD.replace("51.71", "51.08"))

    assert recipients.heads("51.71") == ()
    assert len(recipients.heads("51.08")) == 1


def test_a_broken_change_leaves_the_old_entries_in_use(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, metrics = written(tmp_path, GOOD), Metrics()
    recipients = Recipients(file, metrics)

    replace(file, GOOD.replace("@", " at "))
    with caplog.at_level(logging.ERROR):
        assert len(recipients.heads("51.71")) == 1
        assert len(recipients.heads("51.71")) == 1

    assert len(caplog.records) == 1
    assert "kepala at" not in caplog.text
    assert metrics.registry.get_sample_value("laju_notifier_recipients_valid") == 0

    replace(file, GOOD)
    assert len(recipients.heads("51.71")) == 1
    assert metrics.registry.get_sample_value("laju_notifier_recipients_valid") == 1


def replace(file: Path, text: str) -> None:
    """Put a new file in the place of the old one, as an editor does."""
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)
