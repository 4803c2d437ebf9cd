"""What a span is to who makes one, and what it is while tracing is off: an object that does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

from shared.tracing.traceparent import Trail

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value = str | int
Attributes = Mapping[str, Value]


class Span(Protocol):
    """A step that is being done. Its attributes name no person and no address of one, and repeat nothing that was
    sent."""

    @property
    def trail(self) -> Trail:
        """What follows from the step follows this; empty if tracing is off."""

    @property
    def stamp(self) -> str | None:
        """The same for events that are stored; ``None`` unless the step is sampled."""

    @property
    def headers(self) -> dict[str, str]:
        """The same for a message; empty if tracing is off."""

    def set(self, name: str, value: Value) -> None:
        """Say something of the step."""

    def fail(self, reason: str) -> None:
        """The step failed; ``reason`` is a class or a code, never a message."""

    def link(self, trail: Iterable[str]) -> None:
        """The step followed from these as well."""


class Tracing(Protocol):
    """Makes the spans of a service."""

    def told(self, headers: Mapping[str, str] | None) -> Trail:
        """What a request or message says it followed from, by headers with names in lower case."""

    def span(
        self, name: str, kind: Kind = "internal", *, follows: Iterable[str] = (), attributes: Attributes | None = None
    ) -> AbstractContextManager[Span]:
        """A step that ends with the block. What is raised in it makes it a failed one, and goes on.

        It is the child of the first sampled context that it ``follows``, and linked to each if there are several."""

    async def close(self) -> None:
        """Send what is not sent yet, for a second at most."""


class _Off:
    """No tracing: a span that does nothing, and who makes it."""

    trail: Trail = ()
    stamp: str | None = None
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it: headers are put together with |

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, reason: str) -> None:
        pass

    def link(self, trail: Iterable[str]) -> None:
        pass

    def told(self, headers: Mapping[str, str] | None) -> Trail:
        return ()

    def span(
        self, name: str, kind: Kind = "internal", *, follows: Iterable[str] = (), attributes: Attributes | None = None
    ) -> _Off:
        return self

    def __enter__(self) -> _Off:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    async def close(self) -> None:
        pass


OFF: Tracing = _Off()
