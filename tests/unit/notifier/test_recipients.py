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


def test_an_empty_file_is_allowed(tmp_path: Path) -> None:
    assert read(written(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("change", "with_", "words"),
    [
        ('region = "51.71"', 'region = "99.99"', ["recipient 1", "region", "unknown"]),
        ('region = "51.71"', "region = 51.71", ["recipient 1", "region", "string"]),
        ('role = "head"', 'role = "boss"', ["recipient 1", "role", "head"]),
        ('title = "Kepala Disdukcapil Kota Denpasar"', 'title = ""', ["recipient 1", "title"]),
        ("kepala@dukcapil.denpasarkota.go.id", "kepala at denpasar", ["recipient 1", "email", "not an e-mail address"]),
        ("kepala@dukcapil.denpasarkota.go.id", "a@b.go.id\\r\\nBcc: x@y.z", ["recipient 1", "not an e-mail address"]),
        ('email = "kepala@dukcapil.serangkab.go.id"', "", ["recipient 2", "email", "required"]),
        ('region = "36.04"', 'region = "36.04"\nphone = "1"', ["recipient 2", "phone"]),
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
    with pytest.raises(RecipientsError, match="recipient 3: repeats recipient 1"):
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
