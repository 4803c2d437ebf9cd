"""What a notice is made of: the same telling is the same mail whenever it is written, with links for it alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.notifier.alert import AlertState
from services.notifier.contents import Reason
from services.notifier.decide import Decision
from services.notifier.lines import Line
from services.notifier.links import Links
from services.notifier.pages import Pages
from services.notifier.pipeline import Case, Due
from services.notifier.read_api import ReadApi
from services.notifier.recipient import Recipient
from services.notifier.stages.render import Render
from shared.passes import Keys, Pass
from tests.servers import free_port
from tests.unit.notifier.standings import standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
HEAD = Recipient(region="36.04", role="head", title="Kepala", email="kepala@dukcapil.example")
PROVINCE = HEAD.model_copy(update={"region": "36", "role": "province"})
LINKS = Links("https://laju.example", bytes(32))
PLAIN = Pages("https://laju.example")
SIGNED = Pages("https://laju.example", Keys((b"2" * 32, b"1" * 32)), timedelta(days=30))


async def rendered(now: datetime, *states: AlertState, pages: Pages = PLAIN, reader: Recipient = HEAD) -> Case:
    """A case whose lines, one for each state, are told for the first time; nobody answers about what lies behind."""
    assert reader.role in ("head", "province")
    read_api = ReadApi(f"http://127.0.0.1:{free_port()}")
    render = Render("laju.example", pages, LINKS, read_api)
    due = tuple(Due(Line(standing(), state), Decision(Reason.FIRST, "first()")) for state in states)
    case = Case(reader.role, reader.region, now, tuple(one.line for one in due), due=due, recipients=(reader,))
    try:
        return await render(case)
    finally:
        await read_api.close()


async def test_the_same_telling_has_the_same_message_id_whenever_it_is_written() -> None:
    (first,) = (await rendered(NOW, AlertState())).notices
    (again,) = (await rendered(NOW + timedelta(hours=5), AlertState())).notices
    (other,) = (await rendered(NOW, AlertState(steps=1))).notices
    assert first.message_id == again.message_id != other.message_id
    assert first.written_at.isoformat() == "2024-06-28T09:00:00+07:00"


async def test_a_link_is_for_the_episode_that_the_notice_begins() -> None:
    (notice,) = (await rendered(NOW, AlertState(steps=3, episode=2))).notices
    links = notice.tellings[0].links
    assert links.acknowledge is not None
    grant = LINKS.read(links.acknowledge.rpartition("/")[2], NOW)
    assert (grant.act, grant.line, grant.episode) == ("acknowledge", standing().line, 3)
    assert links.page == "https://laju.example/regions/36.04?on=2024-06-27"


@pytest.mark.parametrize("reader", [HEAD, PROVINCE], ids=lambda reader: str(reader.region))
async def test_where_a_link_is_needed_it_opens_what_its_reader_answers_for(reader: Recipient) -> None:
    (notice,) = (await rendered(NOW, AlertState(), pages=SIGNED, reader=reader)).notices
    link = httpx.URL(notice.tellings[0].links.page)
    token = link.path.removeprefix("/access/link/")

    assert link.params["next"] == "/regions/36.04?on=2024-06-27"
    assert str(link).startswith("https://laju.example/access/link/")
    expected = Pass(regions=(reader.region,), expires=NOW + timedelta(days=30))
    assert Keys((b"2" * 32,)).read("link", token, NOW) == expected
