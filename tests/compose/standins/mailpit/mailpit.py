#!/usr/bin/env python3
"""What of Mailpit the stack and its tests need: SMTP on 1025, its list of messages on 8025, and ``readyz``."""

import json
import sys
import threading
import time
from email import message_from_bytes, policy
from email.utils import getaddresses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

from aiosmtpd.controller import Controller

MAILS: list[dict[str, Any]] = []


class Keep:
    """Keeps each mail in memory."""

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",))
        MAILS.append(
            {
                "ID": str(len(MAILS) + 1),
                "MessageID": str(mail["Message-ID"]).strip("<>"),
                "From": {"Address": getaddresses([str(mail["From"])])[0][1]},
                "To": [{"Address": address} for address in envelope.rcpt_tos],
                "Subject": str(mail["Subject"]),
                "Text": text.get_content() if text else "",
                "Attachments": [part.get_content_type() for part in mail.walk() if not part.is_multipart()],
            }
        )
        return "250 2.0.0 kept"


class Api(BaseHTTPRequestHandler):
    """The newest first, as there."""

    def do_GET(self) -> None:
        """Answer."""
        known = {"/readyz": {}, "/livez": {}, "/api/v1/messages": {"total": len(MAILS), "messages": MAILS[::-1]}}
        known |= {f"/api/v1/message/{mail['ID']}": mail for mail in MAILS}
        body = json.dumps(known.get(self.path.partition("?")[0])).encode()
        self.send_response(404 if body == b"null" else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


if sys.argv[1:] == ["readyz"]:
    urlopen("http://127.0.0.1:8025/readyz", timeout=5)
else:
    threading.Thread(target=ThreadingHTTPServer(("", 8025), Api).serve_forever, daemon=True).start()
    Controller(Keep(), hostname="", port=1025).start()
    while True:
        time.sleep(3600)
