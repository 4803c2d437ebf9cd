"""From templates to the two forms of a letter. HTML is escaped by itself; text is wrapped for a terminal's width."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from services.notifier.letters.register import one_line

_WIDTH = 78
_LABEL_WIDTH = 34
# The dark colours live in a media query, which cannot be inlined and stays in the head.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def rendered(template: str, context: Mapping[str, object]) -> tuple[str, str]:
    """The plain text and the HTML of the templates ``<template>.txt`` and ``<template>.html``."""
    text = _environment.get_template(f"{template}.txt").render(context)
    html = _environment.get_template(f"{template}.html").render(context)
    return text, _inliner.inline(html)


def _wrapped(text: str, indent: int = 0, first: str | None = None) -> str:
    """One paragraph, never breaking a number or an address; ``first`` stands before its first line."""
    return textwrap.fill(
        one_line(text),
        width=_WIDTH,
        initial_indent=" " * indent if first is None else first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _labelled(value: str, label: str, width: int = _LABEL_WIDTH) -> str:
    """One line of a table; a long value goes on under its column."""
    return _wrapped(value, indent=width + 2, first=f"{label:<{width}}: ") if value else f"{label:<{width}}:"


_environment = Environment(
    loader=PackageLoader("services.notifier.letters"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["wrapped"] = _wrapped
_environment.filters["labelled"] = _labelled
