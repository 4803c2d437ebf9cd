"""A letter as it is handed to the outbox: subject, plain text, HTML and the images that the HTML shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """An inline image. ``cid`` is its Content-ID without angle brackets (RFC 2392), ``png`` the file, ``alt`` says in a
    sentence what it shows."""

    cid: str
    png: bytes
    alt: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. ``subject`` is one line; every number in ``html``, also of an image's ``alt``, is in ``text``."""

    subject: str
    text: str
    html: str
    images: tuple[Image, ...] = ()
