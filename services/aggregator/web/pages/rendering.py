"""From views to HTML: one environment for all templates, and the headers that every page has."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from services.aggregator.web.pages import language
from services.aggregator.web.pages.cards import pill
from services.aggregator.web.pages.shell import Shell
from shared.pages import path_of

_PACKAGE = "services.aggregator.web.pages"
# Nothing but our own style sheet and script, no inline style or script, no frame around us.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
    "Vary": "Cookie",
}


def rendered(template: str, shell: Shell, status: int = 200, **context: object) -> HTMLResponse:
    """A page."""
    text = _environment.get_template(template).render(shell=shell, say=shell.say, **{"live": "", **context})
    response = HTMLResponse(text, status, headers=HEADERS)
    if shell.query.get("lang") == shell.language:
        language.keep(shell.language, response)
    return response


def static(name: str) -> str:
    """The address of a file of ``static/``. It changes with its content, so that it may be kept for ever."""
    return f"/static/{_digests()[name]}/{name}"


def statics() -> Mapping[str, bytes]:
    """The files of ``static/`` by the path at which they are served."""
    return {static(name): content for name, content in _contents().items()}


@cache
def _contents() -> dict[str, bytes]:
    folder = files(_PACKAGE) / "static"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


@cache
def _digests() -> dict[str, str]:
    return {name: hashlib.blake2b(content, digest_size=6).hexdigest() for name, content in _contents().items()}


_environment = Environment(
    loader=PackageLoader(_PACKAGE),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["static"] = static
_environment.globals["path_of"] = path_of
_environment.globals["pill_text"] = pill
