"""A letter as it was sent, for whoever looks at it: the same words and pictures, and nothing with which to act. Pure.

The links to acknowledge and to silence are the recipient's own: whoever has one may act as the head. So is the pass in
a link to a page: whoever has it sees what the head sees. They, and the recipients' addresses, are the only things that
are taken out; without its pass a link leads to the same page.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from urllib.parse import parse_qs

from services.notifier.delivery.outbox import Entry
from services.notifier.links import PATH
from shared.passes import LINK

_LINK = re.compile(rf"""[^\s"'<>]*{re.escape(PATH)}[^\s"'<>]*""")
_HREF = re.compile(rf"""\shref=(?:"[^"]*{re.escape(PATH)}[^"]*"|'[^']*{re.escape(PATH)}[^']*')""")
_PASS = re.compile(rf"""([^\s"'<>]*?){re.escape(LINK)}[^\s"'<>?]*\??([^\s"'<>]*)""")
_PAGE = re.compile(r"/(?:regions/[\d.]+)?(?:\?on=[\d-]+)?")
_PICTURE = re.compile(r'\ssrc="cid:([^"]*)"')
_INSTEAD = {"id": "[hanya untuk penerima surat]", "en": "[for the recipient of the letter only]"}


def page(entry: Entry) -> str:
    """The letter as an HTML page that needs nothing else: its pictures are in it."""
    instead = _instead(entry)
    inert = _HREF.sub(f' role="link" aria-disabled="true" title="{instead}"', entry.html)
    pictures = {image.cid: b64encode(image.png).decode("ascii") for image in entry.images}

    def source(found: re.Match[str]) -> str:
        return f' src="data:image/png;base64,{pictures.get(html.unescape(found[1]), "")}"'

    return _PICTURE.sub(source, _nobodys(_PASS.sub(_without_pass, _LINK.sub(instead, inert)), entry))


def text(entry: Entry) -> str:
    """The letter as plain text."""
    return _nobodys(_PASS.sub(_without_pass, _LINK.sub(_instead(entry), entry.text)), entry)


def _instead(entry: Entry) -> str:
    return _INSTEAD.get(entry.language, _INSTEAD["id"])


def _without_pass(link: re.Match[str]) -> str:
    """The page that it leads to. Others can put what looks like one into a title: only a page of ours is written."""
    site, query = link.groups()
    page = parse_qs(query).get("next", ["/"])[0]
    return site + (page if _PAGE.fullmatch(page) else "/")


def _nobodys(letter: str, entry: Entry) -> str:
    """Without the addresses, which a title could hold."""
    for address in (entry.envelope, entry.to, *entry.cc):
        for written in (address, html.escape(address)):
            letter = re.sub(re.escape(written), "…", letter, flags=re.IGNORECASE)
    return letter
