"""Many mails at once: none waits for another's recipient, none is forgotten, an end cuts off as little as can be."""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.notifier.delivery.backoff import Backoff
from services.notifier.delivery.outbox import OUTBOX, Entry, NotPendingError, Outbox, with_copies
from shared.database import Database, DatabaseUnavailableError
from shared.errors import RecoverableError
from tests.faults.proxy import Proxy, Towards, Tripwire
from tests.integration.notifier.delivery.conftest import Office, entry, mailer_to, running
from tests.integration.notifier.delivery.relay import Relay
from tests.servers import free_port, listens, mongo_process, mongo_url
from tests.servers import running as server_running
from tests.unit.notifier.delivery.mails import HEAD, SECRETARY
from tests.waiting import eventually


def to(number: int, address: str) -> Entry:
    """Those with lower numbers are due first."""
    return entry(number, to=address, next_attempt_at=datetime.now(UTC) - timedelta(seconds=100 - number))


async def taken(relay: Relay, count: int) -> bool:
    return len(relay.mails) >= count


async def test_a_recipient_who_hangs_holds_up_nobody_else(office: Office, relay: Relay) -> None:
    slow = [to(number, f"kepala{number}@slow.go.id") for number in range(6)]
    others = [to(10 + number, f"kepala@kab{number}.go.id") for number in range(8)]
    for mail in slow:
        relay.at_data[mail.envelope].append("hold")
    await office.put(*slow, *others)

    async def others_sent() -> bool:
        return sorted(await office.states()) == ["pending"] * 4 + ["sending"] * 2 + ["sent"] * 8

    async with running(office.sender(mailer_to(relay))):
        await eventually(others_sent)
        assert relay.most["slow.go.id"] == 2
        assert office.metric("laju_notifier_open_mails", state="sending") == 2

        relay.release.set()
        await eventually(office.idle)
    assert await office.states() == ["sent"] * 14
    assert len(set(relay.taken())) == 14


@pytest.mark.skipif("LAJU_TEST_SLOW" not in os.environ, reason="takes ten minutes: set LAJU_TEST_SLOW")
@pytest.mark.timeout(800)
async def test_a_relay_that_takes_ten_minutes_to_answer(office: Office, relay: Relay) -> None:
    """With the real time limits: who answers just in time is believed, who answers later may have the mail."""
    patient, late = to(0, "kepala@slow.go.id"), to(1, "kepala@slower.go.id")
    others = [to(10 + number, f"kepala@kab{number}.go.id") for number in range(8)]
    relay.at_data[patient.envelope].append("hold")
    relay.at_data[late.envelope].append("keep and hang")
    await office.put(patient, late, *others)

    async def states_of(*mails: Entry) -> list[str]:
        return [(await office.outbox.copies(mail.message_id))[0].state for mail in mails]

    async def settled(*mails: Entry) -> bool:
        return "sending" not in await states_of(*mails)

    async with running(office.sender(mailer_to(relay))):
        await eventually(lambda: taken(relay, 1 + len(others)))
        assert await states_of(patient, late) == ["sending"] * 2
        asyncio.get_running_loop().call_later(585, relay.release.set)
        await eventually(lambda: settled(patient, late), seconds=700)
        assert await states_of(patient, late, *others) == ["sent", "uncertain", *["sent"] * 8]
    kept = [mail.rcpt_tos[0] for mail in relay.mails]
    assert sorted(kept) == sorted(mail.envelope for mail in (patient, late, *others))


async def test_one_that_hangs_leaves_room_for_its_own_domain(office: Office, relay: Relay) -> None:
    relay.at_rcpt["kepala0@slow.go.id"].append("hold")
    await office.put(*(to(number, f"kepala{number}@slow.go.id") for number in range(5)))
    async with running(office.sender(mailer_to(relay))):
        await eventually(lambda: taken(relay, 4))
        assert relay.under_way["slow.go.id"] == 1
        relay.release.set()
        await eventually(office.idle)
    assert len(relay.mails) == 5


async def test_no_more_are_under_way_than_may_be(office: Office, relay: Relay) -> None:
    mails = [to(number, f"kepala@kab{number}.go.id") for number in range(12)]
    for mail in mails:
        relay.at_data[mail.envelope].append("hold")
    await office.put(*mails)

    async def full() -> bool:
        return relay.under_way["all"] == 3

    async with running(office.sender(mailer_to(relay), at_once=3)):
        await eventually(full)
        relay.release.set()
        await eventually(office.idle)
    assert relay.most["all"] == 3
    assert len(relay.mails) == 12


async def test_what_is_added_goes_out_while_another_hangs(office: Office, relay: Relay) -> None:
    relay.at_data["kepala@slow.go.id"].append("hold")
    await office.put(to(0, "kepala@slow.go.id"))
    sender = office.sender(mailer_to(relay))
    async with running(sender):
        await asyncio.wait_for(relay.waiting.wait(), 20)
        await office.put(to(1, HEAD))
        sender.wake()
        await eventually(lambda: taken(relay, 1))
        relay.release.set()
        await eventually(office.idle)


async def test_while_the_relay_is_away_one_mail_finds_out(office: Office, relay: Relay) -> None:
    relay.at_connect += ["421 4.3.2 later"] * 8
    await office.put(*(to(number, f"kepala@kab{number}.go.id") for number in range(10)))
    mailer = mailer_to(relay)
    # The first four begin at once and know nothing; the pause after the first answer is long enough for the others'.
    async with running(office.sender(mailer, backoff=Backoff(1.0, 1.0, timedelta(days=5)))):
        await eventually(office.idle)

    first, then = mailer.order[:8], mailer.order[8:16]
    assert (first.count("+"), first.count("-")) == (4, 4)
    assert then == "+-" * 4
    assert await office.states() == ["sent"] * 10


async def test_each_copy_goes_to_its_own_envelope(office: Office, relay: Relay) -> None:
    relay.at_rcpt[SECRETARY].append("550 5.1.1 gone")
    both = with_copies(entry(cc=(SECRETARY,)))
    await office.put(*both)
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert [mail.rcpt_tos for mail in relay.mails] == [[HEAD]]
    kept = {copy.envelope: copy.state for copy in await office.outbox.copies(both[0].message_id)}
    assert kept == {HEAD: "sent", SECRETARY: "failed"}


async def test_putting_again_changes_nothing(office: Office, relay: Relay) -> None:
    mail = entry()
    await office.put(mail)
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)
        await office.put(mail)
        await eventually(office.idle)

    (kept,) = await office.outbox.copies(mail.message_id)
    assert (kept.state, kept.attempts, kept.recorded, kept.reply) == ("sent", 1, True, "OK")
    assert kept.images == mail.images
    assert len(relay.mails) == len(office.told) == 1


async def test_the_list_of_mails_names_nobody(office: Office) -> None:
    mail = entry(cc=(SECRETARY,))
    await office.put(mail)

    (shown,) = await office.outbox.mails(10)
    assert shown["id"] == mail.id
    assert set(shown) == {
        *("id", "message_id", "kind", "region", "language", "lines", "subject"),
        *("state", "attempts", "created_at", "sent_at", "bounced", "hides_below"),
    }
    assert HEAD not in repr(shown)
    assert SECRETARY not in repr(shown)


async def test_given_up_after_days_with_or_without_a_relay(office: Office, relay: Relay) -> None:
    relay.stop()
    office.backoff = Backoff(60, 60, timedelta(seconds=1))
    await office.put(*(to(number, f"kepala@kab{number}.go.id") for number in range(6)))
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert await office.states() == ["failed"] * 6
    assert [told.state for told in office.told] == ["failed"] * 6
    assert office.metric("laju_notifier_mails_total", outcome="failed") == 6


async def test_too_old_to_be_sent(office: Office, relay: Relay) -> None:
    await office.put(entry(created_at=datetime.now(UTC) - timedelta(days=5, seconds=1)))
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert await office.states() == ["failed"]
    assert relay.connections == 0
    assert office.told[0].reply == "not accepted in time"
    assert office.told[0].attempts == 0


@pytest.mark.parametrize("broken", [{"subject": "dua\nbaris"}, {"envelope": "kepala,dinas@x.go.id"}])
async def test_what_no_mail_can_be_made_of_has_failed(office: Office, relay: Relay, broken: dict[str, str]) -> None:
    await office.put(entry(0, **broken), entry(1))
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert sorted(await office.states()) == ["failed", "sent"]
    assert len(relay.mails) == 1


async def test_an_end_lets_go_of_what_has_not_begun(office: Office, relay: Relay) -> None:
    relay.at_rcpt["*"].append("hang")
    await office.put(entry())
    async with running(office.sender(mailer_to(relay))) as task:
        await asyncio.wait_for(relay.waiting.wait(), 20)
    assert task.done()
    (kept,) = await office.outbox.copies(entry().message_id)
    assert (kept.state, kept.attempts) == ("pending", 0)


async def test_an_end_waits_for_texts_that_have_begun(office: Office, relay: Relay) -> None:
    relay.at_data["*"].append("hold")
    await office.put(to(0, HEAD))
    sender = office.sender(mailer_to(relay))
    async with running(sender) as task:
        await asyncio.wait_for(relay.waiting.wait(), 20)
        await office.put(to(1, SECRETARY))
        sender.stop()
        sender.wake()
        await asyncio.wait([task], timeout=0.3)
        assert not task.done()
        relay.release.set()

    assert sorted(await office.states()) == ["pending", "sent"]
    assert len(relay.mails) == 1
    assert [told.state for told in office.told] == ["sent"]


async def test_cut_off_in_the_text_is_uncertain_at_the_next_start(office: Office, relay: Relay) -> None:
    relay.at_data["*"].append("hang")
    await office.put(entry())
    sender = office.sender(mailer_to(relay))
    task = asyncio.create_task(sender.run())
    await asyncio.wait_for(relay.waiting.wait(), 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await office.states() == ["sending"]

    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)
    (told,) = office.told
    assert (told.state, told.attempts, relay.mails) == ("uncertain", 1, [])
    assert office.metric("laju_notifier_mails_total", outcome="uncertain") == 1


async def test_telling_is_tried_again_and_holds_up_nothing(office: Office, relay: Relay) -> None:
    failing = [True]

    async def tell(mail: Entry) -> None:
        if failing and mail.envelope == HEAD:
            raise RecoverableError("publishing failed")
        await office.tell(mail)

    mails = [to(0, HEAD), *(to(1 + number, f"kepala@kab{number}.go.id") for number in range(3))]
    await office.put(*mails)

    async def others_told() -> bool:
        return len(office.told) == 3

    async def one_left() -> bool:
        return office.metric("laju_notifier_open_mails", state="sent") == 1

    async with running(office.sender(mailer_to(relay), recorded=tell)):
        await eventually(others_told)
        assert len(relay.mails) == 4
        await eventually(one_left)
        failing.clear()
        await eventually(office.idle)
    assert office.told[-1].envelope == HEAD
    assert all(told.state == "sent" and told.sent_at for told in office.told)


async def test_what_could_not_be_told_at_the_end_is_told_at_the_next_start(office: Office, relay: Relay) -> None:
    async def tell(_: Entry) -> None:
        raise RecoverableError("publishing failed")

    async def sent() -> bool:
        return await office.states() == ["sent"]

    await office.put(entry())
    async with running(office.sender(mailer_to(relay), recorded=tell)):
        await eventually(sent)
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert [told.state for told in office.told] == ["sent"]
    assert len(relay.mails) == 1


async def test_a_defect_in_telling_ends_the_sender(office: Office, relay: Relay) -> None:
    async def tell(_: Entry) -> None:
        raise LookupError("a defect")

    await office.put(entry())
    with pytest.raises(LookupError):
        await asyncio.wait_for(office.sender(mailer_to(relay), recorded=tell).run(), 20)


async def test_when_a_mail_was_last_sent_is_known_after_a_restart(office: Office, relay: Relay) -> None:
    name = "laju_notifier_last_sent_timestamp_seconds"
    await office.put(entry())
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)
    first = office.metric(name)
    again = Office(office.database)
    async with running(again.sender(mailer_to(relay))):
        assert again.metric(name) == pytest.approx(first, abs=0.001)
    assert datetime.now(UTC).timestamp() - first < 60


async def test_the_database_away_between_answer_and_outcome(
    tmp_path: Path, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """The outcome is kept until it can be written; a mail that was taken is neither forgotten nor sent again."""
    port = free_port()
    server = mongo_process(tmp_path, port)
    relay.at_data["*"].append("keep and hold")
    with server_running(server, lambda: listens(port)):
        database = Database.at(mongo_url(port), "delivery")
        await database.ensure([OUTBOX], {})
        office = Office(database)
        await office.put(entry())
        async with running(office.sender(mailer_to(relay))):
            await asyncio.wait_for(relay.waiting.wait(), 20)
            server.end()
            relay.release.set()

            async def unwritten() -> bool:
                return "the outcome sent of mail" in caplog.text

            await eventually(unwritten)
            server.start()
            await database.reachable()
            await eventually(office.idle)
        (kept,) = await office.outbox.copies(entry().message_id)
        database.close()

    assert (kept.state, kept.attempts, len(relay.mails)) == ("sent", 1, 1)


async def test_a_claim_whose_commit_was_not_heard_is_ones_own(mongo: str, office: Office, relay: Relay) -> None:
    """The commit is made and nobody hears of it: asked again with the same word the claim stands, for nobody else."""
    proxy = Proxy(int(mongo.rpartition(":")[2].partition("/")[0]))
    await proxy.open()
    cut = Database.at(mongo_url(proxy.port), office.database._database.name)
    # The driver itself asks a second time what became of a commit: that answer is lost as well.
    again = Tripwire((("server", b"commitTransaction"), ("client", b"")), lambda: None)
    claimed: tuple[tuple[Towards, bytes], ...] = (
        ("server", b"sending"),
        ("server", b"commitTransaction"),
        ("client", b""),
    )
    mail = entry()
    await office.put(mail)
    outbox = Outbox(cut, cut.transactions("cut"))
    try:
        proxy.arm(Tripwire(claimed, lambda: proxy.arm(again)))
        await outbox.claim(mail.id, "one")
        assert again.hit.is_set()
        await outbox.claim(mail.id, "one")
        assert await office.states() == ["sending"]
        for other in (outbox, office.outbox):
            with pytest.raises(NotPendingError):
                await other.claim(mail.id, "another")
    finally:
        # It says goodbye and waits, and the proxy runs on this very loop.
        await asyncio.to_thread(cut.close)
        await proxy.close()


async def test_a_claim_that_was_not_heard_is_taken_up_again(office: Office, relay: Relay) -> None:
    class Deaf(Outbox):
        heard = False

        async def claim(self, key: str, claim: str) -> None:
            await super().claim(key, claim)
            if not self.heard:
                self.heard = True
                raise DatabaseUnavailableError("committing failed")

    await office.put(entry())
    office.outbox = Deaf(office.database, office.database.transactions("deaf"))
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle)

    assert await office.states() == ["sent"]
    assert len(relay.mails) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_the_relay_does_no_mail_is_there_twice(office: Office, relay: Relay, seed: int) -> None:
    chance = random.Random(seed)
    mails = [to(number, f"kepala{number}@kab{number % 7}.go.id") for number in range(60)]
    at_rcpt = ["451 4.7.1 later", "421 4.3.2 later", "550 5.1.1 gone", "drop", "250 OK"]
    at_data = ["451 4.3.0 later", "554 5.7.1 no", "drop", "keep and drop", "250 OK"]
    for mail in mails:
        relay.at_rcpt[mail.envelope] += chance.choices(at_rcpt, [2, 1, 1, 1, 5], k=2)
        relay.at_data[mail.envelope] += chance.choices(at_data, [2, 1, 1, 1, 5], k=2)
    relay.at_connect += ["421 4.3.2 later"] * 3
    await office.put(*mails)
    for _ in range(8):  # ended in order at any moment, and started again
        enough = relay.connections + chance.randint(0, 9)

        async def reached(enough: int = enough) -> bool:
            return relay.connections >= enough

        async with running(office.sender(mailer_to(relay))):
            await eventually(reached)
    async with running(office.sender(mailer_to(relay))):
        await eventually(office.idle, seconds=60)

    kept = relay.taken()
    assert len(kept) == len(set(kept))
    outcomes = {f"{told.message_id} {told.envelope}": told.state for told in office.told}
    assert len(office.told) == len(outcomes) == len(mails)
    assert {key for key, state in outcomes.items() if state == "sent"} <= set(kept)
    assert not {key for key, state in outcomes.items() if state == "failed"} & set(kept)
    assert set(outcomes.values()) == {"sent", "failed", "uncertain"}
