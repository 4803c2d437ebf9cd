"""A real Prometheus with our rules watches all three services: it shows the numbers of the read API, the panels of the
dashboards have something to show, and what goes wrong is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml

from shared import bus
from tests.e2e.pipeline import Pipeline
from tests.events import citizen, event, target
from tests.monitoring import DEPLOY, RULES_FILE, asked, program, said
from tests.servers import Process, free_port, running, status
from tests.waiting import until

SERANG, MALANG = "36.04", "35.73"
SECONDS = 60
ASKED = dict(asked())


@dataclass(frozen=True)
class Prometheus:
    """One that scrapes every two seconds."""

    url: str
    http: httpx.Client

    def series(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives at this moment."""
        answer = self.http.get(f"{self.url}/api/v1/query", params={"query": expression}).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def value(self, expression: str) -> float | None:
        """The number that an expression gives, ``None`` if there is none or several."""
        found = self.series(expression)
        return float(found[0]["value"][1]) if len(found) == 1 else None

    def shows(self, expression: str, number: float) -> None:
        """Wait until an expression gives a number."""
        until(lambda: self.value(expression) == pytest.approx(number, abs=1e-9), seconds=SECONDS)

    def rules(self) -> list[dict[str, Any]]:
        """Every rule as it was last evaluated."""
        groups = self.http.get(f"{self.url}/api/v1/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def prometheus(laju: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """With the configuration of deploy/, and addresses of this machine."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(configuration(laju)))
    command = [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}"]
    process = Process("prometheus", [*command, f"--web.listen-address=127.0.0.1:{port}"], folder / "prometheus.log")
    url = f"http://127.0.0.1:{port}"
    with running(process, lambda: status(f"{url}/-/ready") == 200), httpx.Client(timeout=30) as http:
        yield Prometheus(url, http)


def configuration(laju: Pipeline) -> dict[str, Any]:
    """That of deploy/ with other addresses, quicker, and without the exporters, which are not here."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    found["global"] |= {"scrape_interval": "2s", "evaluation_interval": "1s", "scrape_timeout": "2s"}
    found["rule_files"] = [str(RULES_FILE)]
    del found["alerting"]["alertmanagers"]
    urls = {"ingest": laju.ingest, "aggregator": laju.aggregator, "notifier": laju.notifier}
    found["scrape_configs"] = [job for job in found["scrape_configs"] if job["job_name"] in urls]
    for job in found["scrape_configs"]:
        job["static_configs"] = [{"targets": [urls[job["job_name"]].removeprefix("http://")]}]
        job.pop("scrape_timeout", None)
    return found


@pytest.fixture(scope="module")
def reported(laju: Pipeline) -> None:
    """Serang is far behind, Malang on its line; something is wrong with one event, and another cannot be applied."""
    about = {"time": "2024-06-27T10:00:00+07:00"}
    for region, active in ((SERANG, 31_000), (MALANG, 150_000)):
        laju.send(
            event("wajib_ktp.reported", region=region, as_of="2023-12-31", count=600_000, source="siak", **about),
            event("baseline.reported", region=region, as_of="2023-12-31", activated=20_000, recorded=500_000, **about),
            event("baseline.reported", region=region, as_of="2024-06-27", activated=active, recorded=500_100, **about),
            target(region, 30),
        )
    worked = {"home": MALANG, "service": MALANG, "channel": "office"}
    laju.send(*(event("ikd.activated", citizen=citizen(number), **worked, **about) for number in range(50)))
    laju.http.post(
        f"{laju.ingest}/v1/events",
        json=event("ikd.activated", citizen="nobody", **worked),
        headers={"Authorization": "Bearer laju_test_key", "Content-Type": "application/cloudevents+json"},
    )
    laju.on_bus(lambda js: js.publish(bus.events_subject(3), b"no envelope", stream=bus.EVENTS))
    laju.settle()
    until(lambda: laju.mails_about("Serang"), seconds=SECONDS)


@pytest.mark.parametrize("name", ["ingest", "aggregator", "notifier"])
@pytest.mark.usefixtures("reported")
def test_what_a_service_shows_is_as_prometheus_wants_it(laju: Pipeline, name: str) -> None:
    shown = laju.http.get(f"{getattr(laju, name)}/metrics").text

    code, text = said([program("promtool"), "check", "metrics"], shown)

    assert (code, text.strip()) == (0, "")


@pytest.mark.usefixtures("reported")
def test_it_shows_the_numbers_of_the_read_api(laju: Pipeline, prometheus: Prometheus) -> None:
    for region in (SERANG, MALANG):
        row = laju.standing(region, programme="ikd")
        line = f'region="{region}", programme="ikd"'
        wanted: dict[str, float] = {
            f"laju_pace_{name}_people{{{line}}}": row[name] for name in ("actual", "expected", "required", "gap")
        }
        wanted |= {
            f"laju_pace_{name}_ratio{{{line}}}": float(row[f"{name}_percent"]) / 100
            for name in ("coverage", "attainment")
        }
        wanted[f'laju_pace_status{{{line}, status="{row["status"]}"}}'] = 1
        wanted[f"laju_pace_ratio{{{line}}}"] = round((row["actual"] - 20_000) / (row["expected"] - 20_000), 4)
        for expression, number in wanted.items():
            prometheus.shows(expression, number)
    nation = laju.read("regions/ID")["programmes"]["ikd"]
    coverage = 'laju_pace_coverage_ratio{level="nation", programme="ikd"}'
    prometheus.shows(coverage, float(nation["coverage_percent"]) / 100)


@pytest.mark.usefixtures("reported")
def test_it_shows_what_came_in_and_what_became_of_it(prometheus: Prometheus) -> None:
    for expression, number in {
        'sum(up{job=~"ingest|aggregator|notifier"})': 3,
        "sum(laju_ready)": 5,
        'laju_ingest_events_accepted_total{type="ikd.activated.v1"}': 50,
        'laju_ingest_refused_total{reason="invalid"}': 1,
        "laju:lag_events:sum": 0,
        "laju:lag_seconds:max": 0,
        "laju_aggregator_quarantine_events": 1,
        'laju_pace_targets{programme="ikd", authority="national", status="behind"}': 1,
        "laju:regions_with_target:count": 2,
        'laju_notifier_open_alerts{about="behind", severity="critical"}': 1,
        "laju_notifier_oldest_mail_age_seconds": 0,
        "laju_notifier_standings_waiting": 0,
    }.items():
        prometheus.shows(expression, number)


@pytest.mark.usefixtures("reported")
def test_every_rule_is_evaluated_and_the_right_ones_fire(prometheus: Prometheus) -> None:
    until(lambda: all(rule["health"] == "ok" for rule in prometheus.rules()), seconds=SECONDS)

    def firing() -> set[str]:
        return {row["metric"]["alertname"] for row in prometheus.series('ALERTS{alertstate="firing"}')}

    wanted = {"LajuDeadMansSwitch", "LajuRegionBehind", "LajuRegionsBehind", "LajuEventsQuarantined"}
    until(lambda: firing() == wanted, seconds=SECONDS)
    (behind,) = prometheus.series('ALERTS{alertname="LajuRegionBehind"}')
    assert behind["metric"]["region"] == SERANG


@pytest.mark.parametrize("panel", ASKED)
@pytest.mark.usefixtures("reported")
def test_a_panel_of_the_dashboards_has_something_to_show(prometheus: Prometheus, panel: str) -> None:
    until(lambda: prometheus.series(ASKED[panel]), seconds=SECONDS)


@pytest.mark.usefixtures("reported")
def test_a_database_that_stands_still_is_seen_and_what_waits_for_it(laju: Pipeline, prometheus: Prometheus) -> None:
    with laju.database.stopped():
        laju.send(event("ikd.activated", citizen=citizen(900), home=MALANG, service=MALANG, channel="office"))

        shown = laju.http.get(f"{laju.aggregator}/metrics").text

        assert 'laju_ready{check="database"} 0.0' in shown
        assert 'laju_ready{check="bus"} 1.0' in shown
        lag = [line for line in shown.splitlines() if line.startswith("laju_aggregator_lag_")]
        assert sum(float(line.split()[1]) for line in lag if "events{" in line) >= 1
        assert max(float(line.split()[1]) for line in lag if "seconds{" in line) > 0
    laju.settle()
    prometheus.shows('laju_ready{job="aggregator", check="database"}', 1)
    prometheus.shows("laju:lag_events:sum", 0)
