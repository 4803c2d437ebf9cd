"""EVENTS deleted: every service ends with an error that says what to do, and none makes it anew."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from nats.js import JetStreamContext

from tests.faults.world import SERVICES, world
from tests.waiting import until


def test_a_deleted_stream_ends_the_services_and_is_never_made_anew(tmp_path: Path) -> None:
    async def delete(js: JetStreamContext) -> None:
        await js.delete_stream("EVENTS")

    async def names(js: JetStreamContext) -> set[str]:
        return {str(info.config.name) for info in await js.streams_info()}

    with world(tmp_path, heads=[]) as here:
        assert "EVENTS" in here.on_bus(names)
        for name in SERVICES:
            here.condemn(name)
        here.on_bus(delete)
        for how in ("running", "started again"):
            for name in SERVICES:
                until(partial(here.is_down, name), seconds=15)
                process = here.processes[name]
                assert process.child is not None
                assert process.child.returncode == 1, (name, how, process.tail())
                assert "restore it from a backup" in process.tail(), (name, how)
            left = here.on_bus(names)
            assert "EVENTS" not in left
            assert {"PACE", "ALERTS", "QUARANTINE"} <= left
            if how == "running":
                for name in SERVICES:
                    here.start(name)
                    here.condemn(name)
        assert here.wrong == []
    assert here.left_over() == []
