"""Files that appear whole or not at all, and that only their owner may read: they hold NIKs, or decide what is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def appearing(file: Path) -> Iterator[IO[bytes]]:
    """What is written here takes the place of ``file``, with mode 0600, once it is on the disk; nothing of it stays if
    writing fails.

    Raises:
        OSError: it cannot be written.
    """
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as out:
        part = Path(out.name)
        try:
            yield out
            out.flush()
            os.fsync(out.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
