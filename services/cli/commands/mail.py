"""``laju mail`` and its command."""

# ruff: noqa: PLC0415 - the notifier and its charts are loaded only when they are used

from __future__ import annotations

import asyncio
import sys
from enum import StrEnum
from typing import Annotated

import typer

from services.cli.commands.common import ReadApiToken, plainly

mail = typer.Typer(help="Look at mails before anybody gets one.", no_args_is_help=True)


class Form(StrEnum):
    """What is printed."""

    HTML = "html"
    TEXT = "text"
    EML = "eml"


@mail.callback()
def _group() -> None:
    """Keeps ``preview`` a command of its own."""


@mail.command("preview")
def mail_preview(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A kab/kota.")],
    form: Annotated[Form, typer.Option("--as", help="The page, the plain text, or the whole mail.")] = Form.HTML,
    reason: Annotated[str, typer.Option(help="first, worsened, repeat, resolved, corrected and so on.")] = "first",
    on: Annotated[str | None, typer.Option(metavar="DATE", help="As of that day; today if not given.")] = None,
    language: Annotated[str, typer.Option(help="id or en.")] = "id",
    url: Annotated[
        str, typer.Option("--url", envvar=["LAJU_READ_API_URL", "LAJU_AGGREGATOR_URL"], help="The aggregator.")
    ] = "http://127.0.0.1:8081",
    token: ReadApiToken = None,
) -> None:
    """Print the mail that the head of a region would get for a reason, to standard output. Nobody gets it."""
    from services.cli.alerts.preview import previewed

    with plainly():
        content = asyncio.run(previewed(code, form.value, reason, on, language, url, token))
    sys.stdout.buffer.write(content)
