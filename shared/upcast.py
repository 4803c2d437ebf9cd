"""Old event versions are brought up to the present one when they are read; what is stored is never rewritten.

An upcaster takes the raw event of one version and returns that of the next. It must be pure: a rebuild runs it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

RawEvent = dict[str, Any]
Upcaster = Callable[[RawEvent], RawEvent]

# By the type it reads. Every type is at v1 today, so there is nothing to bring up yet.
UPCASTERS: Mapping[str, Upcaster] = {}


def upcast(raw: RawEvent, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> RawEvent:
    """The event in its present version, by as many steps as it takes; unchanged if there is no step.

    Raises:
        ValueError: an upcaster returned an event of the type it read, which would never end.
    """
    while (step := upcasters.get(str(raw.get("type")))) is not None:
        after = step(raw)
        if after.get("type") == raw.get("type"):
            raise ValueError(f"the upcaster of {raw['type']} does not change the type")
        raw = after
    return raw
