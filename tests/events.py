"""Raw events for tests, as a district system would send them."""

from __future__ import annotations

import itertools
from typing import Any

_numbers = itertools.count(1)


def event(
    type_: str, *, time: str = "2024-06-20T10:00:00+08:00", system: str = "siak/51.71", **data: Any
) -> dict[str, Any]:
    """One CloudEvent of a type (``.v1`` is added) with an id of its own."""
    return {
        "specversion": "1.0",
        "id": f"test-{next(_numbers)}",
        "source": system,
        "type": f"{type_}.v1",
        "time": time,
        "data": data,
    }


def citizen(number: int) -> str:
    """The pseudonym of a made-up citizen."""
    return f"k1:{number:032x}"


def target(region: str, value: float, **more: Any) -> dict[str, Any]:
    """A national IKD target for the year 2024, in per cent of wajib KTP; ``more`` overrides any field."""
    return event(
        "target.set",
        **{
            "region": region,
            "programme": "ikd",
            "authority": "national",
            "basis": "percent_of_wajib_ktp",
            "value": value,
            "start_on": "2024-01-01",
            "due_on": "2024-12-31",
            "effective_on": "2024-01-01",
            **more,
        },
    )
