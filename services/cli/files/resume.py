"""How far a file was sent to a target, kept on the disk so that an interrupted run can go on."""

from __future__ import annotations

import hashlib
from pathlib import Path

from services.cli.appearing import appearing
from services.cli.errors import CliError


class ResumePoint:
    """The last row of one file, by its content, for which ingest at one address has answered.

    It is a file named by a digest, with a row number in it and nothing else. A file whose content changed has another
    one: its rows may have moved.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def of(cls, path: Path, folder: Path, target: str) -> ResumePoint:
        """The resume point of the file at ``path`` for the address ``target``, kept in ``folder``.

        Raises:
            CliError: the file cannot be read.
        """
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
        except OSError as error:
            raise CliError(f"{path} cannot be read: {error.strerror}") from error
        digest.update(b"\0" + target.rstrip("/").encode())
        return cls(folder / f"{digest.hexdigest()}.row")

    @property
    def row(self) -> int:
        """The number of that row as a spreadsheet program shows it, 0 if there is none.

        Raises:
            CliError: what is kept cannot be read or is no row number.
        """
        try:
            text = self._file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return 0
        except (OSError, UnicodeDecodeError) as error:
            raise CliError(f"{self._file} cannot be read: {error}. Delete it to send from the first row on.") from error
        if not text.isdecimal():
            raise CliError(f"{self._file} holds no row number. Delete it to send from the first row on; that is safe.")
        return int(text)

    def reached(self, row: int) -> None:
        """Keep ``row`` as the last one that ingest has answered for. When this returns it is on the disk.

        Raises:
            CliError: it cannot be written.
        """
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with appearing(self._file) as out:
                out.write(b"%d\n" % row)
        except OSError as error:
            raise CliError(f"{self._file} cannot be written: {error.strerror}") from error

    def finished(self) -> None:
        """Everything was answered: there is no resume point any more.

        Raises:
            CliError: it cannot be deleted.
        """
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            raise CliError(f"{self._file} cannot be deleted: {error.strerror}") from error
