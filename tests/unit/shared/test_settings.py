"""Settings that every service has: where they come from, and which are refused."""

from __future__ import annotations

from pathlib import Path

import nkeys
import pytest
import trustme
from pydantic import ValidationError

from services.ingest.settings import IngestSettings
from shared.settings import ServiceSettings

# The same in every process that collects these tests.
SEED = nkeys.encode_seed(bytes(32), nkeys.PREFIX_BYTE_USER).decode()
PUBLIC = nkeys.from_seed(SEED.encode()).public_key.decode()


def test_servers_are_listed_with_commas() -> None:
    settings = ServiceSettings(nats_url="tls://nats-1:4222, tls://nats-2:4222,tls://nats-3")
    assert settings.nats_servers == ["tls://nats-1:4222", "tls://nats-2:4222", "tls://nats-3"]
    assert settings.nats_encrypted
    assert not ServiceSettings().nats_encrypted


@pytest.mark.parametrize("urls", ["tls://nats-1,nats://nats-2", "nats-1,tls://nats-2", " , "])
def test_lines_are_all_encrypted_or_none_is(urls: str) -> None:
    with pytest.raises(ValidationError, match="all of them or none beginning with tls://"):
        ServiceSettings(nats_url=urls)


def test_what_no_variable_says_is_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "LAJU_NATS_SEED").write_text(f"{SEED}\n")
    (tmp_path / "laju_api_key").write_text("laju_file")
    (tmp_path / "something_else").write_text("of others")
    monkeypatch.setenv("LAJU_SECRETS", str(tmp_path))
    settings = IngestSettings()
    assert settings.nats_seed is not None
    assert settings.nats_seed.get_secret_value() == SEED
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "laju_file"
    monkeypatch.setenv("LAJU_API_KEY", "laju_variable")
    key = IngestSettings().api_key
    assert key is not None
    assert key.get_secret_value() == "laju_variable"


def test_a_folder_of_secrets_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAJU_SECRETS", str(tmp_path / "none"))
    with pytest.raises(ValidationError, match="secrets\n  Path does not point to a directory"):
        ServiceSettings()


@pytest.mark.parametrize("seed", ["", PUBLIC, SEED[:-1], SEED.lower(), "SUABC"])
def test_what_is_no_seed_is_refused_and_not_repeated(seed: str) -> None:
    with pytest.raises(ValidationError, match="is not a seed such as") as caught:
        ServiceSettings.model_validate({"nats_seed": seed})
    assert not seed or seed not in str(caught.value)


def test_a_certificate_needs_its_key_and_no_error_shows_a_secret(tmp_path: Path) -> None:
    trustme.CA().issue_cert("127.0.0.1").cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    with pytest.raises(ValidationError, match="LAJU_TLS_CERT and LAJU_TLS_KEY go together") as caught:
        ServiceSettings.model_validate({"tls_cert": tmp_path / "cert.pem", "nats_seed": SEED})
    assert SEED not in str(caught.value)
