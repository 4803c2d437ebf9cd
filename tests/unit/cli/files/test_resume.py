"""A resume point is of one content and one address, outlasts the process, and holds a row number alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.errors import CliError
from services.cli.files.resume import ResumePoint

URL = "https://laju.example"
NIK = "5171012304999999"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "hari ini.csv"
    file.write_text(f"NIK,Kanal\n{NIK},kantor\n")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "resume"


def test_a_row_that_was_reached_is_there_for_the_next_run(source: Path, folder: Path) -> None:
    point = ResumePoint.of(source, folder, URL)
    assert point.row == 0
    assert not folder.exists()
    for row in (501, 1001):
        point.reached(row)
        assert ResumePoint.of(source, folder, URL).row == point.row == row


def test_a_copy_of_the_file_has_the_same_one(source: Path, folder: Path, tmp_path: Path) -> None:
    ResumePoint.of(source, folder, URL).reached(501)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(source.read_bytes())
    assert ResumePoint.of(copy, folder, f"{URL}/").row == 501


def test_a_changed_file_and_another_address_have_none(source: Path, folder: Path) -> None:
    ResumePoint.of(source, folder, URL).reached(501)
    assert ResumePoint.of(source, folder, "https://other.example").row == 0
    source.write_text(source.read_text() + "\n")
    assert ResumePoint.of(source, folder, URL).row == 0


def test_when_all_is_answered_nothing_stays(source: Path, folder: Path) -> None:
    point = ResumePoint.of(source, folder, URL)
    point.reached(501)
    point.finished()
    assert point.row == 0
    assert list(folder.iterdir()) == []
    point.finished()


def test_only_its_owner_may_read_it_and_it_says_nothing_about_a_person(source: Path, folder: Path) -> None:
    ResumePoint.of(source, folder, URL).reached(501)
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert file.read_text() == "501\n"
    assert NIK not in file.name
    assert source.stem not in file.name


@pytest.mark.parametrize("content", [b"", b"-1\n", b"5\n6\n", b"\xff", b"many"])
def test_what_is_no_row_number_is_not_guessed_at(source: Path, folder: Path, content: bytes) -> None:
    point = ResumePoint.of(source, folder, URL)
    point.reached(501)
    (file,) = folder.iterdir()
    file.write_bytes(content)
    with pytest.raises(CliError, match=r"Delete it to send from the first row on"):
        assert point.row


def test_files_and_folders_that_cannot_be_used_are_named(source: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CliError, match=r"nowhere\.csv cannot be read: No such file"):
        ResumePoint.of(tmp_path / "nowhere.csv", folder, URL)
    folder.parent.write_text("a file where the folder should be")
    point = ResumePoint.of(source, folder, URL)
    with pytest.raises(CliError, match="cannot be written: Not a directory"):
        point.reached(1)
    with pytest.raises(CliError, match="cannot be deleted: Not a directory"):
        point.finished()
