"""A claim whose commit was made and never heard is recognised as one's own: the mail is sent, and by one sender."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.notifier.outbox import OUTBOX, NotPendingError, Outbox
from shared.database import Database
from tests.faults.proxy import Proxy, Towards, Tripwire
from tests.servers import free_port, mongo_server, mongo_url


async def test_a_claim_whose_commit_was_not_heard_is_ones_own(tmp_path: Path) -> None:
    port = free_port()
    with mongo_server(tmp_path, port) as url:
        proxy = Proxy(port)
        await proxy.open()
        direct, cut = Database.at(url, "laju"), Database.at(mongo_url(proxy.port), "laju")
        # The driver itself asks a second time what became of a commit: that answer is lost as well.
        again = Tripwire((("server", b"commitTransaction"), ("client", b"")), lambda: None)
        claimed: tuple[tuple[Towards, bytes], ...] = (
            ("server", b"sending"),
            ("server", b"commitTransaction"),
            ("client", b""),
        )
        try:
            await direct.ensure([OUTBOX], {})
            await direct.replace(OUTBOX, [{"_id": "a mail", "state": "pending"}])
            proxy.arm(Tripwire(claimed, lambda: proxy.arm(again)))
            await Outbox(cut, cut.transactions("one")).claim("a mail")
            assert again.hit.is_set()
            assert (await direct.by_ids(OUTBOX, ["a mail"]))["a mail"]["state"] == "sending"
            for sender in (Outbox(direct, direct.transactions("other")), Outbox(cut, cut.transactions("one"))):
                with pytest.raises(NotPendingError):  # neither another sender nor the same takes it once more
                    await sender.claim("a mail")
        finally:
            direct.close()
            cut.close()
            await proxy.close()
