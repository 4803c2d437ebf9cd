"""Delivery reports as they come, and mails that are none."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.delivery.bounces import Report, reports, unsubscribed
from services.notifier.delivery.outbox import hash_of
from tests.unit.notifier.delivery.mails import HEAD, MESSAGE_ID, SECRETARY, report

EXCHANGE = f"""MIME-Version: 1.0
From: postmaster@kemendagri.go.id
To: laju@laju.go.id
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"
Subject: Undeliverable: [Laju] Kabupaten Serang

--b1
Content-Type: multipart/alternative; boundary="b2"

--b2
Content-Type: text/plain

Your message to {HEAD} couldn't be delivered.
--b2--

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns;SG2PR01.example.com
Received-From-MTA: dns;relay.go.id

Final-Recipient: rfc822;{HEAD}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {HEAD} not found by SMTP address lookup

--b1
Content-Type: message/rfc822

From: Laju <laju@laju.go.id>
Message-ID:
 {MESSAGE_ID}
Content-Type: multipart/alternative; boundary="b3"

--b3
Content-Type: text/plain

rahasia
--b3--
--b1--
"""

TWO = f"""Content-Type: multipart/report; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.go.id

Final-Recipient: rfc822; {HEAD}
Action: failed
Status: 5.2.2 (mailbox full)

Final-Recipient: rfc822; <{SECRETARY.upper()}>
Action: delayed
Status: 4.4.1
Will-Retry-Until: Thu, 27 Jun 2024 08:02:03 +0700

--b
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: base64

TWVzc2FnZS1JRDogPDAxMjM0NTY3ODlhYmNkZWZAbGFqdS5nby5pZD4K
--b--
"""


def test_a_refusal_told_by_postfix() -> None:
    assert reports(report()) == (Report(MESSAGE_ID, hash_of(HEAD), "failed", "5.1.1", "550 5.1.1"),)


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_of_the_returned_mail_only_its_message_id_is_read(returned: str) -> None:
    (found,) = reports(report(returned=returned))

    assert found.message_id == MESSAGE_ID


def test_one_told_by_exchange() -> None:
    assert reports(EXCHANGE.encode()) == (Report(MESSAGE_ID, hash_of(HEAD), "failed", "5.1.10", "550 5.1.10"),)


def test_several_recipients_in_one_report() -> None:
    full, late = reports(TWO.replace("\n", "\r\n").encode())

    assert (full.message_id, full.recipient, full.status, full.final, full.delayed) == (
        *(MESSAGE_ID, hash_of(HEAD), "5.2.2"),
        *(True, False),
    )
    assert (late.message_id, late.recipient, late.status, late.final, late.delayed) == (
        *(MESSAGE_ID, hash_of(SECRETARY), "4.4.1"),
        *(False, True),
    )


def test_the_address_we_wrote_to_counts_and_not_where_it_was_forwarded() -> None:
    (found,) = reports(report(recipient="lain@elsewhere.id", original=HEAD))

    assert found.recipient == hash_of(HEAD)


@pytest.mark.parametrize(
    ("action", "status", "final", "delayed"),
    [
        ("failed", "5.1.1", True, False),
        ("failed", "4.4.7", True, False),  # the time for trying was over
        ("Failed", "", True, False),
        ("delayed", "4.4.1", False, True),
        ("delayed", "5.0.0", False, True),
        ("delivered", "2.0.0", False, False),
        ("relayed", "2.0.0", False, False),
        ("expanded", "2.0.0", False, False),
        ("exploded", "5.0.0", True, False),
        ("", "4.0.0", False, True),
        ("", "nonsense", True, False),  # the diagnostic says 5.1.1
    ],
)
def test_what_is_final_and_what_is_delayed(action: str, status: str, final: bool, delayed: bool) -> None:
    (found,) = reports(report(action=action, status=status))

    assert (found.final, found.delayed) == (final, delayed)


def test_nothing_personal_is_left() -> None:
    shown = repr(reports(report()))

    for word in (HEAD, "kepala", "Budi", "rahasia", "serangkab"):
        assert word not in shown


def test_a_report_that_returns_nothing_of_the_mail() -> None:
    raw = report().replace(b"Message-ID", b"X-Gone")

    assert [found.message_id for found in reports(raw)] == [None]


def test_what_only_looks_like_a_report_is_none() -> None:
    plain, wrapped = EmailMessage(), EmailMessage()
    plain.set_content(report().decode())
    wrapped.set_content("lihat lampiran")
    inner = EmailMessage()
    inner["Content-Type"] = "multipart/report"
    wrapped.add_attachment(inner)
    odd = [
        b"Content-Type: multipart/report\n\nnot in parts",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n--b--",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nx: y\n\n--b--",
    ]
    for raw in (plain.as_bytes(), wrapped.as_bytes(), *odd, b""):
        assert reports(raw) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/report; boundary*=x\0y''%41\n\n--A\n",
        b"Content-Type: message/rfc822\n\n" * 9000,
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(4000)),
        b"Content-Type: multipart/report; boundary*0*=utf-8''%ff; boundary*9=b\n\n",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        b"Final-Recipient: \xff\xfe\nAction: \xff\nStatus: 5.\xff\n\n--b--",
    ],
)
def test_mails_that_break_parsers_break_nothing(raw: bytes) -> None:
    assert all(found.message_id is None for found in reports(raw))
    assert unsubscribed(raw) is None


LINES = st.sampled_from(report().splitlines() + TWO.encode().splitlines() + EXCHANGE.encode().splitlines())


@given(st.binary(max_size=2000) | st.lists(LINES | st.binary(max_size=80), max_size=80).map(b"\n".join))
def test_no_mail_raises(raw: bytes) -> None:
    for found in reports(raw):
        assert set(found.diagnostic) <= set("0123456789. ")
        assert found.recipient is None or len(found.recipient) == 16
    unsubscribed(raw)


@given(st.data())
def test_no_damaged_report_raises(data: st.DataObject) -> None:
    raw = bytearray(report())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    reports(bytes(raw))


@pytest.mark.parametrize(
    ("subject", "message_id"),
    [
        (f"unsubscribe {MESSAGE_ID}", MESSAGE_ID),
        (f"UNSUBSCRIBE  {MESSAGE_ID}", MESSAGE_ID),
        (f"Re: unsubscribe {MESSAGE_ID}", None),
        ("unsubscribe", None),
        ("", None),
    ],
)
def test_asking_for_no_more_digests(subject: str, message_id: str | None) -> None:
    assert unsubscribed(f"From: {HEAD}\nSubject: {subject}\n\n".encode()) == message_id
