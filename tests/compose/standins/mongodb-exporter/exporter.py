#!/usr/bin/env python3
"""What of mongodb_exporter the rules need: whether the member at ``MONGODB_URI`` answers and what it is, on 9216."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

PRIMARY, SECONDARY, UNKNOWN = 1, 2, 6
CLIENT: MongoClient[dict[str, Any]] = MongoClient(
    os.environ["MONGODB_URI"],
    username=os.environ["MONGODB_USER"],
    password=Path(os.environ["MONGODB_PASSWORD_FILE"]).read_text().strip(),
    directConnection=True,
    serverSelectionTimeoutMS=5000,
)


def metrics() -> str:
    """As there: of a member that does not answer it is known that it does not, and nothing else."""
    try:
        CLIENT.admin.command("serverStatus")  # what the user of the exporter may ask, and nobody without a password
        hello = CLIENT.admin.command("hello")
    except PyMongoError as error:
        print(error, file=sys.stderr, flush=True)
        return "# TYPE mongodb_up gauge\nmongodb_up 0\n"
    state = PRIMARY if hello.get("isWritablePrimary") else SECONDARY if hello.get("secondary") else UNKNOWN
    return f"# TYPE mongodb_up gauge\nmongodb_up 1\n# TYPE mongodb_rs_myState untyped\nmongodb_rs_myState {state}\n"


class Metrics(BaseHTTPRequestHandler):
    """Asks the member at every scrape."""

    def do_GET(self) -> None:
        """Answer."""
        body = metrics().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


ThreadingHTTPServer(("", 9216), Metrics).serve_forever()
