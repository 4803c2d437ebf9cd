"""Short pages that stand alone, such as that somebody does not get in, or what the link of a mail would do: their
frame, their style and their headers. What they say is the service's."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

# Nothing of these pages may be kept, framed, or told to others by way of the address.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}


class Notes:
    """The pages in a folder of a package, each of which extends ``base.html`` with its ``title`` and ``main``."""

    def __init__(self, package: str, folder: str) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package, folder), PackageLoader("shared.notes", "")]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, status: int, **context: object) -> HTMLResponse:
        """One of them."""
        return HTMLResponse(self._environment.get_template(template).render(context), status, headers=HEADERS)
