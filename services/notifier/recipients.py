"""Who is told what about which regions, and when nobody is: the recipients file as it is now."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from services.notifier.metrics import Metrics
from services.notifier.recipient import Recipient, Role
from services.notifier.recipients_file import RecipientsError, RecipientsFile, read
from services.notifier.schedule import Hours, Quiet

log = logging.getLogger(__name__)
Stamp = tuple[int, int, int]


class Recipients:
    """The file is checked at start and read again when it changes, and whoever asks is answered from it as it is then.
    When a change cannot be read, the last good copy stays in use and says so. ``hours`` are those of which quiet times
    must leave something; ``changed`` is called when a change was taken up."""

    def __init__(self, path: Path, metrics: Metrics, hours: Hours, changed: Callable[[], None]) -> None:
        """Read the file.

        Raises:
            RecipientsError: it cannot be used.
        """
        self._path = path
        self._metrics = metrics
        self._hours = hours
        self._changed = changed
        self._stamp = _stamp(path)
        self._file = RecipientsFile((), ())
        self._use(read(path, hours))

    def all(self, role: Role) -> tuple[Recipient, ...]:
        """Everyone with a role, in the order of the file."""
        self.refresh()
        return tuple(entry for entry in self._file.recipients if entry.role == role)

    def quiet(self) -> tuple[Quiet, ...]:
        """The times in which nothing is mailed, in the order of the file."""
        self.refresh()
        return self._file.quiet

    def refresh(self) -> None:
        """Take up a change of the file, if there is one."""
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._use(read(self._path, self._hours))
        except RecipientsError as error:
            self._metrics.recipients_valid.set(0)
            log.error("%s; the entries read before stay in use until then", error.reason)  # noqa: TRY400 - no bug of ours
        else:
            file = self._file
            log.info("read %s again: %d recipients, %d quiet times", self._path, len(file.recipients), len(file.quiet))
            self._changed()

    def _use(self, file: RecipientsFile) -> None:
        self._file = file
        self._metrics.recipients.set(len(file.recipients))
        self._metrics.recipients_valid.set(1)


def _stamp(path: Path) -> Stamp | None:
    """What changes when the file is edited or replaced; ``None`` while it is missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
