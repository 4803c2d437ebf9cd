"""What a notice is made of: the same telling is the same mail whenever it is written, with links for it alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notifier.alert import AlertState
from services.notifier.contents import Reason
from services.notifier.decide import Decision
from services.notifier.lines import Line
from services.notifier.links import Links
from services.notifier.pipeline import Case, Due
from services.notifier.read_api import ReadApi
from services.notifier.recipient import Recipient
from services.notifier.stages.render import Render
from tests.servers import free_port
from tests.unit.notifier.standings import standing

NOW = datetime(2024, 6, 28, 2, 0, tzinfo=UTC)
HEAD = Recipient(region="36.04", role="head", title="Kepala", email="kepala@dukcapil.example")
LINKS = Links("https://laju.example", bytes(32))


async def rendered(now: datetime, *states: AlertState) -> Case:
    """A case whose lines, one for each state, are told for the first time; nobody answers about what lies behind."""
    read_api = ReadApi(f"http://127.0.0.1:{free_port()}")
    render = Render("laju.example", "https://laju.example", LINKS, read_api)
    due = tuple(Due(Line(standing(), state), Decision(Reason.FIRST, "first()")) for state in states)
    case = Case("head", "36.04", now, tuple(one.line for one in due), due=due, recipients=(HEAD,))
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
