"""A TOML file that people write: read, or told plainly why it cannot be."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from shared.errors import InvalidError


@dataclass(frozen=True, slots=True)
class TomlFile:
    """``content`` is what the ``text`` says; TOML's reader does not tell at which line of it."""

    text: str
    content: dict[str, object]


def read_toml(path: Path, remedy: str) -> TomlFile:
    """Read a file. ``remedy`` is a sentence for whoever has none that can be read.

    Raises:
        InvalidError: it is missing, cannot be read, or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return TomlFile(text, tomllib.loads(text))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(f"reading {path} failed: {type(error).__name__}. {remedy}") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"reading {path} failed: it is not TOML: {error}. Correct that line") from error
