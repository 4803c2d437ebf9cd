"""A person to tell, as a ``[[recipient]]`` entry of the recipients file names one.

::

    [[recipient]]
    region = "51.71"
    role = "head"
    title = "Kepala Disdukcapil Kota Denpasar"
    email = "kepala@dukcapil.denpasarkota.go.id"
    cc = ["sekretaris@dukcapil.denpasarkota.go.id"]
    language = "id"

A head answers for a kab/kota, a province for all in it, directorate and operations for the nation (``ID``).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.events.base import Frozen, RegionCode, Text
from shared.wilayah import Level, level_of
from shared.wording import Language

__all__ = ["Language", "Recipient", "Role"]

Role = Literal["head", "province", "directorate", "operations"]

_Email = Annotated[str, Field(max_length=254, pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$")]
_LEVELS: dict[Role, Level] = {
    "head": Level.KABKOTA,
    "province": Level.PROVINCE,
    "directorate": Level.NATION,
    "operations": Level.NATION,
}


class Recipient(Frozen):
    """One person to tell about one region. ``title`` follows ``Yth.`` in the letter; ``cc`` get the same mail."""

    region: RegionCode
    role: Role
    title: Text
    email: _Email
    # From TOML, which has arrays and no tuples.
    cc: Annotated[tuple[_Email, ...], Field(max_length=10, strict=False)] = ()
    language: Language = "id"

    @model_validator(mode="after")
    def _answers_for_its_level(self) -> Recipient:
        if level_of(self.region) is not _LEVELS[self.role]:
            raise ValueError(f"a {self.role} answers for a {_LEVELS[self.role]}, which {self.region} is not")
        return self
