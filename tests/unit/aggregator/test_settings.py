"""Settings that cannot work together are refused with a sentence."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.aggregator.settings import AggregatorSettings

OIDC = {
    "LAJU_ACCESS": "oidc",
    "LAJU_PAGES_URL": "https://laju.example",
    "LAJU_OIDC_ISSUER": "https://login.example/realms/dukcapil",
    "LAJU_OIDC_CLIENT_ID": "laju",
    "LAJU_OIDC_CLIENT_SECRET": "secret",
}


def _settings(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> AggregatorSettings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return AggregatorSettings()


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LAJU_ACCESS": "everybody"}, "'public', 'link' or 'oidc'"),
        (
            {"LAJU_ACCESS": "oidc"},
            "LAJU_OIDC_ISSUER, LAJU_OIDC_CLIENT_ID, LAJU_OIDC_CLIENT_SECRET, LAJU_PAGES_URL must",
        ),
        (OIDC | {"LAJU_PAGES_URL": ""}, "oidc: LAJU_PAGES_URL must be set"),
        (OIDC | {"LAJU_OIDC_ISSUER": "http://login.example"}, "begins with https://"),
        (OIDC | {"LAJU_OIDC_ISSUER": "http://127.0.0.1.evil.example"}, "begins with https://"),
        (OIDC | {"LAJU_OIDC_ISSUER": "http://127.0.0.1@evil.example"}, "begins with https://"),
        ({"LAJU_PAGES_URL": "laju.example"}, "is not an address such as"),
        ({"LAJU_PAGES_URL": "ftp://laju.example"}, "is not an address such as"),
        ({"LAJU_PAGES_URL": "https://laju.example/pages"}, "is not an address such as"),
        ({"LAJU_PAGES_URL": "https://laju.example?x"}, "is not an address such as"),
        ({"LAJU_SMALLEST_CELL": "-1"}, "greater than or equal to 0"),
        ({"LAJU_SMALLEST_CELL": "1"}, "must be 0 or at least 3"),
        ({"LAJU_SMALLEST_CELL": "2"}, "must be 0 or at least 3"),
    ],
)
def test_what_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        _settings(monkeypatch, variables)


def test_everybody_sees_everything_unless_told_otherwise() -> None:
    settings = AggregatorSettings()

    assert (settings.access, settings.smallest_cell) == ("public", 0)
    assert (settings.pages_address, settings.https) == ("http://127.0.0.1:8081", False)


def test_a_provider_over_https_or_on_this_machine_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch, OIDC).https
    assert _settings(monkeypatch, {"LAJU_OIDC_ISSUER": "http://localhost:9400"}).oidc_issuer == "http://localhost:9400"
    assert _settings(monkeypatch, {"LAJU_PAGES_URL": "https://laju.example/"}).pages_address == "https://laju.example"
