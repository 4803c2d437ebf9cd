"""Entries of the outbox for tests, and delivery reports as mail servers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.notifier.delivery.outbox import Entry, Image

NOW = datetime(2024, 6, 27, 1, 2, 3, tzinfo=UTC)
HEAD = "kepala@dukcapil.serangkab.go.id"
SECRETARY = "sekretaris@serangkab.go.id"
MESSAGE_ID = "<0123456789abcdef@laju.go.id>"
# The smallest PNG there is: one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001"
    "48afa4710000000049454e44ae426082"
)
CHART = Image("burn-up-1@laju.go.id", PNG, "Grafik capaian IKD sampai 27 Juni 2024: selisih −5")


def entry(**changes: Any) -> Entry:
    """A notice to the head of Kabupaten Serang, due at once."""
    fields: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "kind": "notice",
        "envelope": changes.get("to", HEAD),
        "to": HEAD,
        "region": "36.04",
        "lines": ("36.04/ikd/national/2024-12-31",),
        "subject": "[Laju] Kabupaten Serang: selisih −5",
        "text": "Laju −5\n",
        "html": f'<p>Laju −5</p>\n<img src="cid:{CHART.cid}" alt="{CHART.alt}">\n',
        "images": (CHART,),
        "created_at": NOW,
        "next_attempt_at": NOW,
    }
    return Entry(**(fields | changes))


def report(
    *,
    recipient: str = HEAD,
    message_id: str = MESSAGE_ID,
    action: str = "failed",
    status: str = "5.1.1",
    original: str | None = HEAD,
    returned: str = "text/rfc822-headers",
) -> bytes:
    """A delivery report as Postfix writes it."""
    header = f"From: Laju <laju@laju.go.id>\nTo: {recipient}\nSubject: rahasia\nMessage-ID: {message_id}\n"
    first = f"Original-Recipient: rfc822;{original}\n" if original else ""
    return f"""Return-Path: <>
From: MAILER-DAEMON@relay.go.id (Mail Delivery System)
To: laju@laju.go.id
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2A.1719450123/relay.go.id"

This is a MIME-encapsulated message.

--4F2A.1719450123/relay.go.id
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host relay.go.id.

<{recipient}>: host mx.serangkab.go.id[192.0.2.7] said: 550 5.1.1
    <{recipient}>: Budi Santoso no longer works here (in reply to RCPT TO command)

--4F2A.1719450123/relay.go.id
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.go.id
X-Postfix-Queue-ID: 4F2A
X-Postfix-Sender: rfc822; laju@laju.go.id
Arrival-Date: Thu, 27 Jun 2024 08:02:03 +0700 (WIB)

Final-Recipient: rfc822; {recipient}
{first}Action: {action}
Status: {status}
Remote-MTA: dns; mx.serangkab.go.id
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Budi Santoso no longer works
    here

--4F2A.1719450123/relay.go.id
Content-Description: Undelivered Message Headers
Content-Type: {returned}

{header}
--4F2A.1719450123/relay.go.id--
""".encode()
