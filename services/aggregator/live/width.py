"""How wide a region is, as those who follow it divide the work."""

from __future__ import annotations

from enum import Enum

from shared.wilayah import Level, level_of


class Width(Enum):
    """What is wide is summed, a kab/kota is in memory as it is, and what is narrow is read from the counters."""

    WIDE = (Level.NATION, Level.PROVINCE)
    KABKOTA = (Level.KABKOTA,)
    NARROW = (Level.KECAMATAN, Level.DESA)

    @classmethod
    def of(cls, code: str) -> Width:
        """That of a region."""
        return next(width for width in cls if level_of(code) in width.value)
