"""What the hub and a district's own server call the things between them: both sides must say the same.

::

    district's server        hub, account D5171           hub, account LAJU
    INTAKE ───carried───▶ INTAKE-5171 ───gathered───▶ INTAKE
    REJECTED ◀──returned─── REJECTED ◀──────────────── rejected.51.71

The hub does not copy a district's stream into INTAKE at once. A server that copies a stream answers flow control on
whatever subject the other side names: a district could let it say ``$JS.API.STREAM.DELETE.EVENTS`` in Laju's account.
So the copying ends in an account that holds nothing but what the district sent, and Laju copies from there what is on
``intake.51.71``. In the same way a district reads its refusals from a stream of that account: whoever reads a stream
may say on which subject it is handed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared import wilayah

HUB_DOMAIN = "hub"
"""The JetStream domain of the hub, as ``hub.conf`` says it."""
_TRANSIT = "INTAKE-"


@dataclass(frozen=True, slots=True)
class Link:
    """The line between the hub and the district with a region code such as ``51.71``."""

    code: str

    @property
    def name(self) -> str:
        """Such as ``Kota Denpasar``."""
        return wilayah.find(self.code).name

    @property
    def title(self) -> str:
        """Code and name, for people."""
        return f"{self.code} {self.name}"

    @property
    def digits(self) -> str:
        """The code without dots: names of accounts and streams have none."""
        return self.code.replace(".", "")

    @property
    def account(self) -> str:
        """The district's account at the hub."""
        return f"D{self.digits}"

    @property
    def domain(self) -> str:
        """The JetStream domain of the district's server."""
        return f"d{self.digits}"

    @property
    def transit(self) -> str:
        """The stream in the district's account at the hub; each has a name of its own, as INTAKE copies several."""
        return f"{_TRANSIT}{self.digits}"

    @property
    def carried(self) -> str:
        """Below it the district's server hands its messages to the hub."""
        return f"carried.{self.code}"

    @property
    def gathered(self) -> str:
        """Below it the district's account hands them on to Laju's."""
        return f"gathered.{self.code}"

    @property
    def returned(self) -> str:
        """Below it the district's account hands refusals to the district's server."""
        return f"returned.{self.code}"

    @property
    def account_api(self) -> str:
        """Under which Laju's account sees JetStream of the district's account at the hub."""
        return f"district.{self.digits}.API"


def code_of(transit: str) -> str:
    """The code of the district whose stream at the hub has this name: ``51.71`` for ``INTAKE-5171``; any other name as
    it is."""
    digits = transit.removeprefix(_TRANSIT)
    return ".".join(filter(None, (digits[:2], digits[2:]))) if digits.isdigit() else transit
