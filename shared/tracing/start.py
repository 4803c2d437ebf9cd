"""Whether a service makes spans."""

from __future__ import annotations

from shared.errors import InvalidError
from shared.settings import ServiceSettings
from shared.tracing.span import OFF, Tracing


def tracing(settings: ServiceSettings, service: str, *, port: int) -> Tracing:
    """What makes the spans of ``service``, as the settings say.

    Raises:
        InvalidError: they want tracing, and OpenTelemetry is not installed.
    """
    if not settings.tracing:
        return OFF
    try:
        from shared.tracing.recorded import Recorded  # noqa: PLC0415 - an optional extra, loaded only when it is used
    except ModuleNotFoundError as error:
        raise InvalidError(
            f"LAJU_TRACING is set and {error.name} is not installed: pip install 'laju[tracing]', or unset it"
        ) from error
    return Recorded(service, settings.replica(port))
