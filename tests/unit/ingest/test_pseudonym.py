"""Keys of pseudonyms: read from settings and files, two side by side, refused when they make no sense."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli.main import app
from services.ingest.pseudonym import PseudonymKey, key_of, pseudonyms
from services.ingest.settings import IngestSettings
from shared.errors import InvalidError

NIK = "5171012304990001"
ONE, TWO = "11" * 32, "22" * 32


def settings(data: Path, present: str | None = None, former: str | None = None) -> IngestSettings:
    return IngestSettings.model_validate({"data": data, "pseudonym_key": present, "former_pseudonym_key": former})


def test_a_pseudonym_is_the_number_of_its_key_and_half_of_the_hmac() -> None:
    digest = hmac.new(bytes.fromhex(TWO), NIK.encode(), hashlib.sha256).hexdigest()
    assert key_of(f"k2:{TWO}\n", "").of(NIK) == f"k2:{digest[:32]}"
    assert key_of(ONE, "").number == 1
    assert key_of(key_of(f"k7:{TWO}", "").text, "") == PseudonymKey(7, bytes.fromhex(TWO))
    assert key_of(key_of(ONE, "").text, "") == PseudonymKey(1, bytes.fromhex(ONE))


def test_the_first_key_is_made_and_found_again(tmp_path: Path) -> None:
    made = pseudonyms(settings(tmp_path))
    assert made.person(NIK) == {"citizen": made.present.of(NIK)}
    assert pseudonyms(settings(tmp_path)) == made


def test_with_a_former_key_both_pseudonyms_are_said(tmp_path: Path) -> None:
    both = pseudonyms(settings(tmp_path, f"k2:{TWO}", ONE))
    assert both.person(NIK) == {"citizen": key_of(f"k2:{TWO}", "").of(NIK), "formerly": key_of(ONE, "").of(NIK)}


@pytest.mark.parametrize(
    ("present", "former", "said"),
    [
        ("11", None, "LAJU_PSEUDONYM_KEY must be 64 hex digits"),
        (f"k0:{ONE}", None, "LAJU_PSEUDONYM_KEY must be 64 hex digits"),
        (f"k1000:{ONE}", None, "LAJU_PSEUDONYM_KEY must be 64 hex digits"),
        (f"k2:{ONE}", "x", "LAJU_FORMER_PSEUDONYM_KEY must be 64 hex digits"),
        (f"k2:{ONE}", f"k2:{TWO}", "the present one must have the higher number"),
        (ONE, f"k2:{TWO}", "the present one must have the higher number"),
    ],
)
def test_keys_that_make_no_sense_are_refused(tmp_path: Path, present: str, former: str | None, said: str) -> None:
    with pytest.raises(InvalidError, match=said) as refused:
        pseudonyms(settings(tmp_path, present, former))
    assert ONE not in refused.value.reason


def test_an_interrupted_rotation_goes_on_with_the_old_key_and_can_be_repeated(tmp_path: Path) -> None:
    """It was killed when the former key was written and the new one was not."""
    first = pseudonyms(settings(tmp_path))
    (tmp_path / "former-pseudonym.key").write_text(first.present.text)
    assert pseudonyms(settings(tmp_path)) == first
    assert laju(tmp_path, "rotate")[0] == 0
    after = pseudonyms(settings(tmp_path))
    assert (after.present.number, after.former) == (2, first.present)


@pytest.mark.parametrize("doing", ["rotate", "status", "destroy"])
def test_a_folder_without_keys_is_told_and_none_is_made(tmp_path: Path, doing: str) -> None:
    code, said = laju(tmp_path, doing)
    assert code == 1
    assert "there is no" in said
    assert list(tmp_path.iterdir()) == []


def test_keys_from_settings_are_left_to_where_they_are_kept(tmp_path: Path) -> None:
    code, said = laju(tmp_path, "rotate", LAJU_PSEUDONYM_KEY=ONE)
    assert (code, ONE in said) == (1, False)
    assert "LAJU_FORMER_PSEUDONYM_KEY" in said


def laju(data: Path, doing: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["pseudonyms", doing], env={"LAJU_DATA": str(data), **environment})
    return result.exit_code, " ".join(result.stderr.split())
