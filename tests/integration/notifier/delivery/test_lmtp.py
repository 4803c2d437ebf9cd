"""Delivery reports handed over as a mail server does, and what else comes to the sender's address."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.notifier.delivery.lmtp import Lmtp
from services.notifier.delivery.outbox import OUTBOX, Entry, with_copies
from shared.errors import InvalidError
from tests.integration.notifier.delivery.conftest import SENDER, Office, entry
from tests.unit.notifier.delivery.mails import HEAD, SECRETARY, report

NAME = "laju_notifier_bounces_total"
AT = datetime(2024, 6, 27, 4, 5, 6, tzinfo=UTC)


@pytest.fixture
async def lmtp(office: Office) -> AsyncIterator[Lmtp]:
    server = Lmtp(office.outbox, office.metrics, SENDER, port=0, clock=lambda: AT)
    await server.start()
    yield server
    await server.stop()


async def hand_over(lmtp: Lmtp, raw: bytes, to: str = "laju@laju.go.id", by: str = "") -> dict[str, Any]:
    """Deliver as a mail server does; the recipients that were refused."""

    def deliver() -> dict[str, Any]:
        with smtplib.LMTP("127.0.0.1", lmtp.port, timeout=20) as client:
            return client.sendmail(by, to.split(","), raw.replace(b"\n", b"\r\n"))

    return await asyncio.to_thread(deliver)


async def counts(office: Office) -> tuple[float, ...]:
    return tuple(office.metric(NAME, kind=kind) for kind in ("final", "delayed", "other"))


async def kept(office: Office, mail: Entry) -> Entry:
    return await office.outbox.entry(mail.id)


async def test_a_refusal_is_noted_once(office: Office, lmtp: Lmtp, caplog: pytest.LogCaptureFixture) -> None:
    mail = entry()
    raw = report(message_id=mail.message_id)
    await office.put(mail)
    for _ in range(2):
        assert await hand_over(lmtp, raw) == {}

    bounced = (await kept(office, mail)).bounced
    assert bounced is not None
    assert (bounced.code, bounced.at, bounced.final) == ("5.1.1", AT, True)
    assert await counts(office) == (1, 0, 0)
    (shown,) = await office.outbox.mails(1)
    assert shown["bounced"] == {"code": "5.1.1", "at": AT, "final": True}
    (line,) = (record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert line == f"mail {mail.id} for 36.04 bounced: final (5.1.1, answer 550 5.1.1)"


async def test_a_delay_is_noted_and_a_refusal_takes_its_place(office: Office, lmtp: Lmtp) -> None:
    mail = entry()
    late = report(message_id=mail.message_id, action="delayed", status="4.4.1")
    await office.put(mail)
    await hand_over(lmtp, late)
    bounced = (await kept(office, mail)).bounced
    assert bounced is not None
    assert (bounced.code, bounced.final) == ("4.4.1", False)

    await hand_over(lmtp, late)
    await hand_over(lmtp, report(message_id=mail.message_id, status="5.4.7"))
    await hand_over(lmtp, late)
    bounced = (await kept(office, mail)).bounced
    assert bounced is not None
    assert (bounced.code, bounced.final) == ("5.4.7", True)
    assert await counts(office) == (1, 1, 0)


async def test_only_the_copy_that_bounced_is_marked(office: Office, lmtp: Lmtp) -> None:
    head, secretary = with_copies(entry(cc=(SECRETARY,)))
    await office.put(head, secretary)
    await hand_over(lmtp, report(message_id=head.message_id, recipient=SECRETARY, original=None))

    assert (await kept(office, head)).bounced is None
    assert (await kept(office, secretary)).bounced is not None


async def test_a_forwarded_mail_is_marked_if_there_is_only_one_copy(office: Office, lmtp: Lmtp) -> None:
    alone = entry(0)
    head, secretary = with_copies(entry(1, cc=(SECRETARY,)))
    await office.put(alone, head, secretary)
    for mail in (alone, head):
        await hand_over(lmtp, report(message_id=mail.message_id, recipient="lain@elsewhere.id", original=None))

    assert (await kept(office, alone)).bounced is not None
    assert (await kept(office, head)).bounced is (await kept(office, secretary)).bounced is None
    assert await counts(office) == (1, 0, 1)


async def test_reports_at_once_are_each_noted(office: Office, lmtp: Lmtp) -> None:
    mails = [entry(number) for number in range(20)]
    await office.put(*mails)
    await asyncio.gather(*(hand_over(lmtp, report(message_id=mail.message_id)) for mail in mails * 2))

    assert all([(await kept(office, mail)).bounced for mail in mails])
    assert await counts(office) == (20, 0, 0)


@pytest.mark.parametrize(
    "raw",
    [
        f"From: {HEAD}\nSubject: Re: [Laju]\n\nSaya cuti. NIK 5171012345678901\n".encode(),
        report(message_id="<not-ours@laju.go.id>"),
        report(action="delivered", status="2.0.0", message_id="<0@laju.go.id>"),
        b"\xff\xfe\x00 tidak terbaca",
        b"Content-Type: message/rfc822\n\n" * 5000,
        b"Subject: panjang\n\n" + b"x" * 100_000,
    ],
    ids=["answer", "report on another's mail", "delivered", "garbage", "nested", "long line"],
)
async def test_everything_else_is_taken_counted_and_forgotten(office: Office, lmtp: Lmtp, raw: bytes) -> None:
    await office.put(entry())
    before = await office.database.find(OUTBOX, {})
    assert await hand_over(lmtp, raw, by="someone@elsewhere.id") == {}

    assert await counts(office) == (0, 0, 1)
    assert await office.database.find(OUTBOX, {}) == before


async def test_who_wants_no_more_digests_is_told_to_the_operator(
    office: Office, lmtp: Lmtp, caplog: pytest.LogCaptureFixture
) -> None:
    digest, notice = entry(0, kind="digest"), entry(1)
    await office.put(digest, notice)
    for mail in (digest, notice):
        await hand_over(lmtp, f"From: {HEAD}\nSubject: unsubscribe {mail.message_id}\n\n".encode(), by=HEAD)

    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == [f"a recipient of digest {digest.message_id} for 36.04 asks for no more: change the recipients file"]
    assert await counts(office) == (0, 0, 2)


async def test_nobody_else_has_a_mailbox_here(office: Office, lmtp: Lmtp) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await hand_over(lmtp, report(), to=HEAD)
    assert refused.value.recipients[HEAD][0] == 550
    assert await hand_over(lmtp, report(), to="LAJU@laju.go.id") == {}
    twice = await hand_over(lmtp, report(), to="laju@laju.go.id,Laju@laju.go.id")
    assert [code for code, _ in twice.values()] == [452]


async def test_a_mail_server_may_call_the_mailbox_otherwise(office: Office) -> None:
    alias = "laju@reports.laju.go.id"
    server = Lmtp(office.outbox, office.metrics, SENDER, port=0, clock=lambda: AT, alias=alias)
    await server.start()
    for name in (alias, SENDER.addr_spec):
        assert await hand_over(server, report(), to=name) == {}
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await hand_over(server, report(), to="postmaster@reports.laju.go.id")
    await server.stop()


async def test_what_the_library_logs_of_a_mail_is_not_heard(
    office: Office, lmtp: Lmtp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await hand_over(lmtp, f"From: {HEAD}\n\nrahasia\n".encode(), by=HEAD)

    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("pymongo"))
    assert HEAD not in logged
    assert "rahasia" not in logged


async def test_a_port_that_is_taken_is_named(office: Office, lmtp: Lmtp) -> None:
    second = Lmtp(office.outbox, office.metrics, SENDER, port=lmtp.port, clock=lambda: AT)
    with pytest.raises(InvalidError, match=f"{lmtp.port} .*LAJU_BOUNCE_PORT"):
        await second.start()


async def test_an_end_hangs_up_on_a_connection_that_idles(lmtp: Lmtp) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", lmtp.port)
    assert (await reader.readline()).startswith(b"220 ")
    await lmtp.stop()

    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
