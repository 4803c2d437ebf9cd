#!/usr/bin/env python3
"""What of prometheus-nats-exporter the rules need: the health of the server that the last argument names, on 7777."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import urlopen

SERVER_ID, _, URL = sys.argv[-1].partition(",")


def status() -> str:
    """``ok``, or in the server's word what is wrong, or ``unreachable``, as there."""
    try:
        with urlopen(f"{URL}/healthz", timeout=5) as answer:
            return str(json.load(answer)["status"])
    except HTTPError as error:
        return str(json.load(error)["status"])
    except OSError:
        return "unreachable"


class Metrics(BaseHTTPRequestHandler):
    """Asks the server at every scrape."""

    def do_GET(self) -> None:
        """Answer."""
        value = status()
        series = f"gnatsd_healthz_status_value{{server_id={json.dumps(SERVER_ID)},value={json.dumps(value)}}}"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(f"# TYPE gnatsd_healthz_status_value gauge\n{series} {int(value == 'ok')}\n".encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing of each request."""


ThreadingHTTPServer(("", 7777), Metrics).serve_forever()
