"""What watches Laju against what there is to watch: rules, dashboards and runbooks name what exists, and all of it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from deploy.grafana.panels import PROMETHEUS
from services.aggregator.metrics import Metrics as AggregatorMetrics
from services.aggregator.settings import AggregatorSettings
from services.cli.main import app
from services.ingest.metrics import Metrics as IngestMetrics
from services.ingest.settings import IngestSettings
from services.notifier.metrics import Metrics as NotifierMetrics
from services.notifier.settings import NotifierSettings
from tests.monitoring import (
    DEPLOY,
    EXPORTED,
    ROOT,
    RULES_FILE,
    RUNBOOKS,
    alerts,
    amtool,
    asked,
    named,
    program,
    rules,
    said,
)

REGISTRIES = (IngestMetrics().registry, AggregatorMetrics().registry, NotifierMetrics().registry)
SUFFIXES = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gauge": ("",),
}
RULES = rules()
ALERTS = alerts()
ASKED = dict(asked())
PAGES = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != "README.md")
COMMANDS = [
    pytest.param(command, id=f"{path.stem}: {command}")
    for path in (*PAGES, RUNBOOKS / "README.md")
    for block in re.findall(r"^```(?:sh)?\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for command in re.findall(r"^(?:laju|docker compose run --rm operator) (.+?)(?:\s+#.*)?$", block, re.MULTILINE)
]


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


COMPOSE = parsed(ROOT / "docker-compose.yml")["services"]


def families(registry: CollectorRegistry) -> dict[str, set[str]]:
    """Every metric of a registry with the names of the series that it can show."""
    return {family.name: {family.name + suffix for suffix in SUFFIXES[family.type]} for family in registry.collect()}


def shown() -> set[str]:
    """Every series that there is to watch: of the services, of the exporters, of Prometheus, and recorded by rules."""
    services = {name for registry in REGISTRIES for names in families(registry).values() for name in names}
    return services | EXPORTED | {"up"} | {rule["record"] for rule in RULES if "record" in rule}


def mounts(service: str) -> dict[str, str]:
    """Where Compose puts our files in a container, by the path there."""
    found = (volume.split(":") for volume in COMPOSE[service]["volumes"])
    return {parts[1]: parts[0] for parts in found if parts[0].startswith(".")}


def test_prometheus_takes_the_configuration_and_the_rules() -> None:
    code, text = said([program("promtool"), "check", "config", str(DEPLOY / "prometheus/prometheus.yml")])

    assert code == 0, text


def test_the_rules_do_what_their_tests_say() -> None:
    code, text = said([program("promtool"), "test", "rules", str(DEPLOY / "prometheus/rules.test.yml")])

    assert code == 0, text


def test_every_alert_is_tested_when_it_fires_and_when_it_does_not() -> None:
    cases = [case for test in parsed(DEPLOY / "prometheus/rules.test.yml")["tests"] for case in test["alert_rule_test"]]

    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(ALERTS)
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == set(ALERTS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_watches_metrics_that_exist(rule: dict[str, Any]) -> None:
    found = named(rule["expr"])

    assert found
    assert found - shown() == set()


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_tells_how_bad_what_and_where_to_read_on(name: str) -> None:
    rule = ALERTS[name]

    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"{{{{ $externalLabels.runbooks }}}}/{name}.md"


def test_prometheus_says_where_the_runbooks_are_and_sends_it_with_no_alert() -> None:
    config = parsed(DEPLOY / "prometheus/prometheus.yml")
    runbooks = config["global"]["external_labels"]["runbooks"]

    assert (ROOT / runbooks).samefile(RUNBOOKS)
    assert config["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "runbooks"}]


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {path.stem for path in PAGES} == set(ALERTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_where_to_look_what_to_do_and_whom_to_call(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert re.findall(
        r"^(#+ .+)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ) == [
        f"# {page.stem}",
        "## What it means",
        "## Look",
        "## Mend",
        "## Escalate",
    ]
    severity = ALERTS[page.stem]["labels"]["severity"]
    assert f"Severity: {severity}." in text


def test_the_list_of_runbooks_is_complete() -> None:
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \|", (RUNBOOKS / "README.md").read_text(), re.MULTILINE)

    assert listed == [(name, rule["labels"]["severity"]) for name, rule in ALERTS.items()]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_runbook_is_there_with_its_options(command: str) -> None:
    words = shlex.split(command.partition(" > ")[0])

    done = CliRunner().invoke(app, [*words, "--help"])

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("panel", ASKED)
def test_a_panel_shows_metrics_that_exist(panel: str) -> None:
    found = named(ASKED[panel])

    assert found
    assert found - shown() == set()
    assert "$" not in ASKED[panel]


def test_the_guide_to_the_dashboards_names_panels_that_exist() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    guide = text.partition("### Reading the dashboards")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| ([^|]+) \|", guide, re.MULTILINE)) - {"look at"}

    assert len(named) > 10
    assert named - {place.partition(": ")[2] for place, _ in asked()} == set()


def test_what_every_notifier_knows_is_not_added_up() -> None:
    """Who stands by shows as many open alerts as who is on duty."""
    expressions = [expression for _, expression in asked() if "laju_notifier_open_alerts" in expression]

    assert expressions
    assert all("max by (about, severity) (laju_notifier_open_alerts)" in expression for expression in expressions)


def test_every_expression_of_the_dashboards_can_be_read(tmp_path: Path) -> None:
    recorded = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(ASKED.values())]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))

    code, text = said([program("promtool"), "check", "rules", str(file)])

    assert code == 0, text
    assert f"{len(ASKED)} rules found" in text


def test_every_metric_is_looked_at_somewhere() -> None:
    looked_at = {
        name for expression in (*ASKED.values(), *(rule["expr"] for rule in RULES)) for name in named(expression)
    }
    standard = {"process_virtual_memory_bytes", "process_open_fds", "process_max_fds"}

    forgotten = {
        metric for registry in REGISTRIES for metric, names in families(registry).items() if not names & looked_at
    }

    assert forgotten == standard


def test_prometheus_scrapes_every_service_and_exporter_on_its_default_port() -> None:
    settings: dict[str, type[BaseSettings]] = {
        "ingest": IngestSettings,
        "aggregator": AggregatorSettings,
        "notifier": NotifierSettings,
    }
    jobs = parsed(DEPLOY / "prometheus/prometheus.yml")["scrape_configs"]

    exporters = {"nats": ["nats-exporter:7777"], "mongodb": ["mongodb-exporter:9216"]}
    assert {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs} == exporters | {
        name: [f"{name}:{model.model_fields[f'{name}_port'].default}"] for name, model in settings.items()
    }


def test_of_two_services_and_three_servers_prometheus_asks_all_and_differs_in_nothing_else() -> None:
    one, several = ((DEPLOY / f"prometheus/{name}.yml").read_text(encoding="utf-8") for name in ("prometheus", "ha"))
    doubled = re.sub(r'"(ingest|aggregator|notifier):(\d+)"', r'"\1-1:\2", "\1-2:\2"', one)
    tripled = re.sub(r'"(\w+-exporter):(\d+)"', r'"\1-1:\2", "\1-2:\2", "\1-3:\2"', doubled)

    assert several.partition("\n")[2] == tripled


def test_whoever_prometheus_asks_is_run_by_compose() -> None:
    for name, profile in (("prometheus", "single"), ("ha", "ha")):
        jobs = parsed(DEPLOY / f"prometheus/{name}.yml")["scrape_configs"]
        targets = [target.partition(":")[0] for job in jobs for target in job["static_configs"][0]["targets"]]
        assert all(profile in COMPOSE[target]["profiles"] for target in targets)


def test_what_watches_finds_each_other_in_compose() -> None:
    config = parsed(DEPLOY / "prometheus/prometheus.yml")
    (target,) = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    (source,) = parsed(DEPLOY / "grafana/provisioning/datasources/prometheus.yml")["datasources"]
    (provider,) = parsed(DEPLOY / "grafana/provisioning/dashboards/laju.yml")["providers"]
    relay = parsed(DEPLOY / "alertmanager/alertmanager.yml")["global"]["smtp_smarthost"]

    assert target == "alertmanager:9093"
    assert "127.0.0.1:9093:9093" in COMPOSE["alertmanager"]["ports"]
    assert (source["uid"], source["type"]) == (PROMETHEUS.uid, PROMETHEUS.type_val)
    assert source["url"] == "http://prometheus:9090"
    assert "127.0.0.1:9090:9090" in COMPOSE["prometheus"]["ports"]
    assert mounts("grafana")[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    assert mounts("grafana")["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    assert mounts("alertmanager") == {"/etc/alertmanager": "./deploy/alertmanager"}
    assert relay.partition(":")[0] in COMPOSE
    assert mounts("prometheus") == {"/etc/prometheus": f"./{RULES_FILE.parent.relative_to(ROOT)}"}


def test_alertmanager_takes_its_configuration() -> None:
    code, text = said([amtool(), "check-config", str(DEPLOY / "alertmanager/alertmanager.yml")])

    assert code == 0, text


@pytest.mark.parametrize("name", ALERTS)
def test_operators_hear_of_an_alert_that_they_can_do_something_about(name: str) -> None:
    severity = ALERTS[name]["labels"]["severity"]
    config = f"--config.file={DEPLOY / 'alertmanager/alertmanager.yml'}"

    code, text = said([amtool(), "config", "routes", "test", config, f"alertname={name}", f"severity={severity}"])

    quiet = "dead-mans-switch" if name == "LajuDeadMansSwitch" else "nobody"
    assert (code, text.split()[0]) == (0, quiet if severity == "info" else "operations")


def test_alertmanager_knows_every_alert_that_it_names() -> None:
    text = (DEPLOY / "alertmanager/alertmanager.yml").read_text(encoding="utf-8")

    assert set(re.findall(r"Laju[A-Z]\w+", text)) <= set(ALERTS)
    assert len(re.findall(r"Laju[A-Z]\w+", text)) > 5
