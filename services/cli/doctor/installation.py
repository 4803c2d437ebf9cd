"""What the environment says about an installation: the settings of its services, and where they answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from pydantic import ValidationError

from services.aggregator.settings import AggregatorSettings
from services.cli.doctor.finding import Finding, fault, good, warning
from services.ingest.settings import IngestSettings
from services.notifier.settings import NotifierSettings
from shared.settings import ServiceSettings

ABOUT = "settings"
_PREFIX = "LAJU_"
# Read by the processes of `laju up` that are no services.
_OTHERS = frozenset({"LAJU_MONGO_PORT", "LAJU_SMTP_PORT"})
_SERVICES = (IngestSettings, AggregatorSettings, NotifierSettings)
_SettingsT = TypeVar("_SettingsT", bound=ServiceSettings)


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings are ``None`` where they cannot be used; the addresses are those at which the services are asked."""

    ingest: IngestSettings | None
    aggregator: AggregatorSettings | None
    notifier: NotifierSettings | None
    ingest_url: str
    aggregator_url: str
    notifier_url: str
    nats_monitor_url: str | None

    @property
    def settings(self) -> list[ServiceSettings]:
        """Those that can be used."""
        return [found for found in (self.aggregator, self.notifier, self.ingest) if found is not None]

    @property
    def common(self) -> ServiceSettings | None:
        """Some service's, for what all have in common."""
        return next(iter(self.settings), None)


def read(form: type[_SettingsT]) -> tuple[_SettingsT | None, list[Finding]]:
    """A service's settings from the environment, and what is wrong with them. Values are not repeated: some are
    secrets."""
    try:
        return form(), []
    except ValidationError as error:
        service = form.__name__.removesuffix("Settings").lower()
        return None, [
            fault(
                ABOUT,
                f"{service} would not start: {_named(problem['loc'])}{problem['msg']}",
                "set it as docs/settings.md says, or leave it out",
            )
            for problem in error.errors(include_input=False, include_url=False)
        ]


def misspelt(environment: Mapping[str, str], options: Collection[str]) -> Iterator[Finding]:
    """Variables with our prefix that nobody reads. ``options`` are those that commands read."""
    known = {f"{_PREFIX}{name}".upper() for form in _SERVICES for name in form.model_fields} | _OTHERS | set(options)
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known and not name.startswith(f"{_PREFIX}TEST_"):
            near = get_close_matches(name, known, 1)
            yield warning(
                ABOUT,
                f"{name} is set, but nothing reads it",
                f"rename it to {near[0]}" if near else "remove it, or look it up in docs/settings.md",
            )


def sound(findings: Iterable[Finding]) -> list[Finding]:
    """The findings about settings, or that there are none."""
    return list(findings) or [good(ABOUT, "the settings of ingest, aggregator and notifier can be used")]


def _named(where: tuple[int | str, ...]) -> str:
    return f"{_PREFIX}{where[0]}: ".upper() if where else ""
