"""Everything a relay can do to a mail. ``docs/mail.md`` shows this table: its rows are checked against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtplib import SMTP

from services.notifier.delivery.mailer import Outcome
from services.notifier.delivery.relay import Relay as RelayAt
from services.notifier.delivery.relay import relay_at
from shared.trust import trust
from tests.integration.notifier.delivery.conftest import (
    SENDER,
    Certificates,
    Office,
    Watched,
    entry,
    mailer_to,
    retried,
    running,
)
from tests.integration.notifier.delivery.relay import Relay, Stripping
from tests.unit.notifier.delivery.mails import HEAD
from tests.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
PAGE = Path(__file__).parents[4] / "docs" / "mail.md"


@dataclass(frozen=True)
class Fault:
    """What the relay does at the first try, what that try is, whether all other mail waits too, what the mail is in
    the end, and how often the relay has it then."""

    name: str
    arrange: Callable[[Relay], object]
    first: str
    away: bool
    end: str
    kept: int
    command_seconds: float = 20
    data_seconds: float = 20

    def row(self) -> str:
        """The fault as a row of the documented table."""
        return f"| {self.name} | {self.first} | {'yes' if self.away else 'no'} | {self.end} | {self.kept} |"


def rcpt(answer: str) -> Callable[[Relay], object]:
    return lambda relay: relay.at_rcpt["*"].append(answer)


def end(answer: str) -> Callable[[Relay], object]:
    return lambda relay: relay.at_data["*"].append(answer)


FAULTS = [
    Fault("421 at connect", lambda relay: relay.at_connect.append("421 4.3.2 later"), "retry", True, "sent", 1),
    Fault("554 at connect", lambda relay: relay.at_connect.append("554 5.7.1 not you"), "retry", True, "sent", 1),
    Fault(
        "no greeting",
        lambda relay: relay.at_connect.append("hang"),
        *("retry", True, "sent", 1),
        command_seconds=0.5,
    ),
    Fault("550 at MAIL", lambda relay: relay.at_mail.append("550 5.7.1 not from you"), "retry", True, "sent", 1),
    Fault("421 at RCPT", rcpt("421 4.3.2 later"), "retry", True, "sent", 1),
    Fault("451 at RCPT", rcpt("451 4.7.1 greylisted"), "retry", False, "sent", 1),
    Fault("550 at RCPT", rcpt(f"550 5.1.1 <{HEAD}> Budi is unknown"), "failed", False, "failed", 0),
    Fault("closed at RCPT", rcpt("drop"), "retry", False, "sent", 1),
    Fault("no answer to RCPT", rcpt("hang"), "retry", False, "sent", 1, command_seconds=0.5),
    Fault("421 at the end of DATA", end("421 4.3.2 later"), "retry", True, "sent", 1),
    Fault("451 at the end of DATA", end("451 4.3.0 later"), "retry", False, "sent", 1),
    Fault("554 at the end of DATA", end(f"554 5.7.1 <{HEAD}> no"), "failed", False, "failed", 0),
    Fault("closed after DATA, mail not kept", end("drop"), "uncertain", False, "uncertain", 0),
    Fault("closed after DATA, mail kept", end("keep and drop"), "uncertain", False, "uncertain", 1),
    Fault("no answer after DATA", end("keep and hold"), "uncertain", False, "uncertain", 1, data_seconds=0.5),
    Fault("nonsense after DATA", end("terima kasih"), "uncertain", False, "uncertain", 0),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_fault(fault: Fault, office: Office, relay: Relay) -> None:
    fault.arrange(relay)
    mailer = mailer_to(relay, command_seconds=fault.command_seconds, data_seconds=fault.data_seconds)
    await office.put(entry())
    async with running(office.sender(mailer)):
        await eventually(office.idle)
    # A second start finds nothing to do.
    async with running(office.sender(mailer)):
        await eventually(office.idle)

    first = mailer.outcomes[0]
    assert (first.result, first.relay_away) == (fault.first, fault.away)
    assert len(mailer.outcomes) == (2 if fault.first == "retry" else 1)
    assert await office.states() == [fault.end]
    assert len(relay.mails) == fault.kept
    assert [told.state for told in office.told] == [fault.end]
    assert office.metric("laju_notifier_mails_total", outcome=fault.first) == 1
    assert (office.metric("laju_notifier_last_sent_timestamp_seconds") > 0) == (fault.end == "sent")


@dataclass(frozen=True)
class Line:
    """What is wrong with the line to the relay: the URL we have, the relay while it is wrong and once it is mended."""

    name: str
    url: str
    wrong: Callable[[Certificates], Relay]
    mended: Callable[[Certificates], Relay]
    problem: str
    logins: int = 0

    def row(self) -> str:
        """The fault as a row of the documented table."""
        return f"| {self.name} | retry | yes | sent, once mended | 1 |"


STARTTLS = "smtp://127.0.0.1:{port}?starttls=require"
LOGGED_IN = "smtp://laju:hunter2@127.0.0.1:{port}?starttls=require"
IMPLICIT = "smtps://127.0.0.1:{port}"
LINES = [
    Line(
        "certificate not trusted (STARTTLS)",
        STARTTLS,
        lambda certificates: Relay(tls=certificates.foreign),
        lambda certificates: Relay(tls=certificates.good),
        "connecting: certificate not trusted: unable to get local issuer certificate",
    ),
    Line(
        "certificate not trusted (STARTTLS, only if offered)",
        "smtp://127.0.0.1:{port}",
        lambda certificates: Relay(tls=certificates.foreign),
        lambda certificates: Relay(tls=certificates.good),
        "connecting: certificate not trusted: unable to get local issuer certificate",
    ),
    Line(
        "certificate not trusted (implicit TLS)",
        IMPLICIT,
        lambda certificates: Relay(tls=certificates.foreign, implicit=True),
        lambda certificates: Relay(tls=certificates.good, implicit=True),
        "connecting: certificate not trusted: unable to get local issuer certificate",
    ),
    Line(
        "certificate for another host (STARTTLS)",
        STARTTLS,
        lambda certificates: Relay(tls=certificates.elsewhere),
        lambda certificates: Relay(tls=certificates.good),
        "connecting: certificate not trusted: IP address mismatch, certificate is not valid for '127.0.0.1'.",
    ),
    Line(
        "certificate for another host (implicit TLS)",
        IMPLICIT,
        lambda certificates: Relay(tls=certificates.elsewhere, implicit=True),
        lambda certificates: Relay(tls=certificates.good, implicit=True),
        "connecting: certificate not trusted: IP address mismatch, certificate is not valid for '127.0.0.1'.",
    ),
    Line(
        "STARTTLS required, not offered",
        STARTTLS,
        lambda _: Relay(),
        lambda certificates: Relay(tls=certificates.good),
        "connecting: SMTP STARTTLS extension not supported by server.",
    ),
    Line(
        "535 at AUTH",
        LOGGED_IN,
        lambda certificates: Relay(tls=certificates.good, password="another"),
        lambda certificates: Relay(tls=certificates.good, password="hunter2"),
        "AUTH: 535 5.7.8",
        logins=2,
    ),
    Line(
        "neither PLAIN nor LOGIN offered",
        LOGGED_IN,
        lambda certificates: Relay(tls=certificates.good, password="hunter2", mechanisms=()),
        lambda certificates: Relay(tls=certificates.good, password="hunter2"),
        "AUTH: the relay offers neither PLAIN nor LOGIN",
    ),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
async def test_line(line: Line, office: Office, certificates: Certificates) -> None:
    wrong = await line.wrong(certificates).start()
    mailer = mailer_to(wrong, line.url, certificates.ca)
    await office.put(entry())
    async with running(office.sender(mailer)):
        await retried(office, 2)
        assert wrong.mails == []
        assert len(wrong.logins) >= line.logins
        assert bool(wrong.logins) == bool(line.logins)
        wrong.stop()
        mended = line.mended(certificates)
        mended.port = wrong.port
        await mended.start()
        await eventually(office.idle)
        mended.stop()

    assert {(outcome.result, outcome.relay_away) for outcome in mailer.outcomes[:-1]} == {("retry", True)}
    assert mailer.outcomes[0].problem == line.problem
    assert await office.states() == ["sent"]
    assert (len(wrong.mails), len(mended.mails)) == (0, 1)


async def test_starttls_stripped_from_a_line_with_a_password(office: Office, certificates: Certificates) -> None:
    """The relay would take the password over the bare line, and somebody on it makes us believe it must be so."""
    relay = await Relay(tls=certificates.good, password="hunter2", careless=True).start()
    stripping = await Stripping(relay).start()
    mailer = mailer_to(relay, LOGGED_IN.format(port=stripping.port), certificates.ca)
    await office.put(entry())
    async with running(office.sender(mailer)):
        await retried(office, 2)
    stripping.stop()
    relay.stop()

    assert stripping.offers_taken >= 2
    assert all(outcome.relay_away for outcome in mailer.outcomes)
    assert mailer.outcomes[0].problem == "connecting: SMTP STARTTLS extension not supported by server."
    assert (relay.logins, relay.mails) == ([], [])
    assert await office.states() == ["pending"]


async def test_a_password_never_goes_over_a_bare_line(office: Office, relay: Relay) -> None:
    """Not even if it were set up so: what LAJU_SMTP_URL may say forbids it already."""
    relay.password, relay.careless = "hunter2", True
    bare = RelayAt("127.0.0.1", relay.port, "laju", "hunter2", use_tls=False, start_tls=None)
    mailer = Watched(bare, SENDER, trust(None))
    await office.put(entry())
    async with running(office.sender(mailer)):
        await retried(office, 2)

    assert mailer.outcomes[0].problem == "AUTH: the line is not encrypted"
    assert (relay.logins, relay.mails) == ([], [])


async def test_hung_up_on_before_the_text_is_no_doubt(relay: Relay) -> None:
    """The relay says yes and goes while the mail is being marked: nothing was sent, so it can be tried again."""
    clients: list[SMTP] = []

    class Looking(Watched):
        async def _connect(self, client: SMTP) -> Outcome | None:
            clients.append(client)
            return await super()._connect(client)

    async def hung_up() -> bool:
        return not clients[0].is_connected

    async def marking() -> None:
        await eventually(hung_up)

    relay.at_rcpt["*"].append("accept and drop")
    mailer = Looking(relay_at(f"smtp://127.0.0.1:{relay.port}"), SENDER, trust(None))
    async with mailer.sending(entry(), before_data=marking) as outcome:
        assert (outcome.result, outcome.relay_away) == ("retry", False)
        assert outcome.problem == "DATA: the relay hung up before it"


STRIPPED = "| STARTTLS stripped from the line, password set | retry | yes | pending, password never sent | 0 |"
AWAY = "| connection refused | retry | yes | sent, once there | 1 |"


async def test_relay_away_and_back(office: Office, relay: Relay) -> None:
    relay.stop()
    mailer = mailer_to(relay)
    await office.put(entry(created_at=datetime.now(UTC) - timedelta(hours=1)))
    sender = office.sender(mailer)
    async with running(sender):
        await retried(office, 2)
        assert mailer.outcomes[0].problem == "connecting: ConnectionRefusedError"
        assert mailer.outcomes[0].relay_away
        sender.show_age()
        assert 3600 <= office.metric("laju_notifier_oldest_mail_age_seconds") < 3700
        await relay.start()
        await eventually(office.idle)
        sender.show_age()
        assert office.metric("laju_notifier_oldest_mail_age_seconds") == 0

    assert await office.states() == ["sent"]
    assert len(relay.mails) == 1


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "implicit TLS"])
async def test_logged_in_over_tls(mechanism: str, implicit: bool, office: Office, certificates: Certificates) -> None:
    relay = Relay(tls=certificates.good, implicit=implicit, password="hunter2", mechanisms=(mechanism,))
    await relay.start()
    url = "smtps://laju:hunter2@127.0.0.1:{port}" if implicit else LOGGED_IN
    await office.put(entry())
    async with running(office.sender(mailer_to(relay, url, certificates.ca))):
        await eventually(office.idle)
    relay.stop()

    assert relay.logins == [mechanism]
    assert [mail.rcpt_tos for mail in relay.mails] == [[HEAD]]
    assert await office.states() == ["sent"]


def test_the_page_shows_this_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = [*(fault.row() for fault in FAULTS), *(line.row() for line in LINES), STRIPPED, AWAY]

    assert [row for row in rows if row not in page] == []
