"""Whose certificates are believed."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from shared.errors import InvalidError
from shared.trust import trust


def test_a_ca_of_ones_own_is_trusted_beside_the_others(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    known = len(trust(None).get_ca_certs())

    assert len(trust(tmp_path / "ca.pem").get_ca_certs()) == known + 1


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_ca_file_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidError, match=r"ca\.pem .*LAJU_SMTP_CA"):
        trust(file, setting="LAJU_SMTP_CA")
