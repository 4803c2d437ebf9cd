"""The manifests in deploy/kubernetes, rendered as an operator would, against Kubernetes' own schemas and the code."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import kubernetes_validate
import pytest
import yaml

from services.aggregator import app as aggregator
from services.aggregator.metrics import Metrics as AggregatorMetrics
from services.aggregator.settings import AggregatorSettings
from services.cli.bus.nkey import new_key
from services.cli.main import app
from services.ingest import app as ingest
from services.ingest.http.intake import PATH
from services.ingest.settings import IngestSettings
from services.notifier.links import PATH as ACTS
from services.notifier.recipients_file import read
from services.notifier.settings import NotifierSettings
from shared.service import Lifeline
from shared.settings import ServiceSettings
from tests.manifests import EXAMPLE, FOLDER, Manifest, Rendered, rendered

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, type[ServiceSettings]] = {
    "ingest": IngestSettings,
    "aggregator": AggregatorSettings,
    "notifier": NotifierSettings,
}
KEY = "0" * 64
SEED = new_key()[0]
GIVEN = {
    "laju-ingest": {"LAJU_NATS_SEED": SEED, "LAJU_API_KEY": "laju_operator_secret", "LAJU_PSEUDONYM_KEY": KEY},
    "laju-aggregator": {"LAJU_NATS_SEED": SEED, "LAJU_MONGO_URL": "mongodb://aggregator:secret@mongo:27017/"},
    "laju-notifier": {
        "LAJU_NATS_SEED": SEED,
        "LAJU_MONGO_URL": "mongodb://notifier:secret@mongo:27017/",
        "LAJU_SMTP_URL": "smtps://laju:secret@relay.example:465",
    },
    "laju-links": {"links.key": KEY},
    "laju-operator": {"LAJU_NATS_SEED": SEED, "LAJU_MONGO_URL": "mongodb://operator:secret@mongo:27017/"},
    "laju-administrator": {"LAJU_NATS_SEED": SEED},
    "laju-ca": {"ca.pem": "an authority"},
    **{f"{name}-tls": {"tls.crt": "a certificate", "tls.key": "its key"} for name in SERVICES},
}
"""What an operator puts into the cluster, as docs/kubernetes.md says."""
OF_OTHERS = {"keda.sh/v1alpha1", "monitoring.coreos.com/v1"}
LABEL = "app.kubernetes.io/component"


@pytest.fixture
def port_of() -> dict[str, int]:
    return {name: settings.model_fields[f"{name}_port"].default for name, settings in SERVICES.items()}


@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_kubernetes_would_take_every_manifest(version: str) -> None:
    checked = 0
    for found in rendered().manifests:
        if found["apiVersion"] not in OF_OTHERS:
            kubernetes_validate.validate(found, version, strict=True)
            checked += 1
    assert checked > 20


def test_a_manifest_that_is_wrong_is_noticed() -> None:
    deployment = yaml.safe_load(yaml.safe_dump(rendered().one("Deployment", "notifier")))
    deployment["spec"]["template"]["spec"]["containers"][0]["readOnlyRootFilesystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


def test_each_service_is_run_by_its_command_from_the_image(port_of: dict[str, int]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {name for name, _ in rendered().pods()} == {*SERVICES, "streams"}
    for name, port in port_of.items():
        container = rendered().container(name)
        assert container["args"] == [name]
        assert container["image"].endswith(f"/laju:{project['version']}")
        assert container["ports"] == [{"name": "http", "containerPort": port}]
        (service,) = rendered().one("Service", name)["spec"]["ports"]
        assert service == {"name": "http", "port": port, "targetPort": "http", "appProtocol": "https"}


@pytest.mark.parametrize("name", SERVICES)
def test_only_variables_that_the_service_reads_are_set(name: str) -> None:
    known = {f"LAJU_{field.upper()}" for field in SERVICES[name].model_fields}
    variables = rendered().environment(name).keys() | GIVEN[f"laju-{name}"].keys()
    assert {variable for variable in variables if variable.startswith("LAJU_")} - known == set()


def settings_of(name: str, found: Rendered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    for variable, value in found.mounted(name, GIVEN, tmp_path).items():
        monkeypatch.setenv(variable, value)
    return SERVICES[name]()


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_set_is_valid(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(name, rendered(), tmp_path, monkeypatch)
    assert settings.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert settings.stream_replicas == 3
    grace = dict(rendered().pods())[name]["terminationGracePeriodSeconds"]
    pause = rendered().container(name)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert grace > pause + 3 * settings.shutdown_seconds  # answers in hand, tasks, and what closes


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files_and_in_no_variable(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(name, rendered(), tmp_path, monkeypatch)
    assert settings.nats_seed is not None
    assert settings.nats_seed.get_secret_value() == SEED
    assert "secret" not in " ".join(rendered().environment(name).values()).replace("/run/secrets/", "")
    assert "secretKeyRef" not in str(rendered().container(name))
    assert "secretRef" not in str(rendered().container(name))
    for volume in rendered().volumes(name).values():
        modes = {holder["defaultMode"] for holder in (volume.get("secret"), volume.get("projected")) if holder}
        assert modes <= {0o440}


@pytest.mark.parametrize("name", SERVICES)
def test_every_line_is_encrypted(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(name, rendered(), tmp_path, monkeypatch)
    assert settings.nats_encrypted
    assert len(settings.nats_servers) == 3
    authority, certificate, key = (settings.ca, settings.tls_cert, settings.tls_key)
    assert authority is not None
    assert certificate is not None
    assert key is not None
    assert authority.read_text() == "an authority"
    assert (certificate.read_text(), key.read_text()) == ("a certificate", "its key")
    volume = rendered().volumes(name)["/run/secrets/tls"]
    assert volume["secret"]["secretName"] == f"{name}-tls"  # one for all would let each pass for the others
    for setting in ("notifier_api_url", "read_api_url"):
        assert getattr(settings, setting, "https://").startswith("https://")
    container = rendered().container(name)
    for kind in ("startup", "liveness", "readiness"):
        assert container[f"{kind}Probe"]["httpGet"]["scheme"] == "HTTPS"


def test_prometheus_asks_over_https_by_a_name_that_certificates_have() -> None:
    (endpoint,) = rendered().one("ServiceMonitor", "laju")["spec"]["endpoints"]
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"]["ca"]["configMap"] == {"name": "laju-ca", "key": "ca.pem"}
    told = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    assert f"dnsNames: [ingest, {endpoint['tlsConfig']['serverName']}]" in told


def test_without_certificates_services_speak_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = rendered(FOLDER / "base")
    settings = settings_of("aggregator", base, tmp_path, monkeypatch)
    assert settings.tls_cert is None
    assert settings.ca is None
    assert "scheme" not in base.container("aggregator")["readinessProbe"]["httpGet"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_asked_whether_it_lives_and_whether_it_is_ready(name: str) -> None:
    container = rendered().container(name)
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: probe["path"] for kind, probe in asked.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",  # not /readyz: nothing is mended by starting anew while a server is away
        "readiness": "/readyz",
    }
    assert {probe["port"] for probe in asked.values()} == {"http"}
    assert container["readinessProbe"]["timeoutSeconds"] > 4  # that long it gives its servers


@pytest.mark.parametrize("name", [*SERVICES, "streams"])
def test_nothing_runs_as_root_or_writes_to_its_image(name: str) -> None:
    pod, container = dict(rendered().pods())[name], rendered().container(name)
    user = int(re.findall(r"^USER (\d+)$", (ROOT / "deploy/Dockerfile").read_text(), re.MULTILINE)[0])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == user > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "laju"
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()
    writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
    assert writable == ["/tmp"]  # noqa: S108 - the volume of that name


@pytest.mark.parametrize("name", [*SERVICES, "streams"])
def test_memory_is_bounded_and_processor_time_is_not(name: str) -> None:
    resources = rendered().container(name)["resources"]
    assert resources["requests"].keys() == {"cpu", "memory"}
    assert resources["limits"].keys() == {"memory"}


@pytest.mark.parametrize("name", SERVICES)
def test_there_are_two_of_each_and_one_that_stays(name: str) -> None:
    deployment = rendered(FOLDER / "base").one("Deployment", name)["spec"]
    assert deployment["replicas"] == 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    budget = rendered().one("PodDisruptionBudget", name)["spec"]
    assert budget["minAvailable"] == 1
    assert budget["selector"] == deployment["selector"]
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert [rule["topologyKey"] for rule in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert all(rule["labelSelector"] == deployment["selector"] for rule in spread)
    # Pods have names of their own, by which they are told apart: one for all would make them one.
    assert "LAJU_INSTANCE" not in rendered().environment(name)


def test_what_is_scaled_has_two_at_least() -> None:
    assert {name: least for name, (least, _) in scaled().items()} == {"ingest": 2, "aggregator": 2}
    for name in SERVICES:
        # The number in the manifest would be set back with every change.
        assert ("replicas" in rendered().one("Deployment", name)["spec"]) == (name not in scaled())


def scaled() -> dict[str, tuple[int, int]]:
    """How many replicas there may be of what is scaled, by name."""
    found = {}
    for scaler in rendered().all("HorizontalPodAutoscaler", "ScaledObject"):
        spec = scaler["spec"]
        target = rendered().one(spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        least, most = (
            spec.get("minReplicas", spec.get("minReplicaCount")),
            spec.get("maxReplicas", spec.get("maxReplicaCount")),
        )
        found[target["metadata"]["name"]] = (least, most)
    return found


def test_aggregators_are_scaled_by_what_is_not_projected() -> None:
    (trigger,) = rendered().one("ScaledObject", "aggregator")["spec"]["triggers"]
    metrics = {family.name for family in AggregatorMetrics().registry.collect()}
    named = set(re.findall(r"laju_\w+", trigger["metadata"]["query"]))
    assert named
    assert named <= metrics
    rules = (ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8")
    assert f"expr: {trigger['metadata']['query']}\n" in rules  # the number that the dashboards show
    assert scaled()["aggregator"][1] <= AggregatorSettings.model_fields["partitions"].default
    assert all(isinstance(value, str) for value in trigger["metadata"].values())  # KEDA takes nothing else


def with_component(name: str, folder: Path) -> Rendered:
    """The base with a component that is in no example."""
    here = folder / name
    here.mkdir()
    (here / "kustomization.yaml").write_text(
        f"resources: [{relative(FOLDER / 'base', here)}]\ncomponents:\n"
        + "".join(f"- {relative(FOLDER / part, here)}\n" for part in (name, "authority", "https"))
        + "secretGenerator:\n- {name: laju-recipients, literals: [recipients.toml=], "
        "options: {disableNameSuffixHash: true}}\n"
    )
    return rendered(here)


@pytest.mark.parametrize("name", ["streams", "rebuild", "operator"])
def test_a_job_is_neither_served_nor_counted_as_a_service(name: str, tmp_path: Path) -> None:
    found = with_component(name, tmp_path)
    job = found.one("Job", name)
    assert job["metadata"]["labels"][LABEL] == name
    template = job["spec"]["template"]
    for service in found.all("Service"):
        assert not selects(service["spec"]["selector"], template)
    for budget in found.all("PodDisruptionBudget"):
        assert not selects(budget["spec"]["selector"]["matchLabels"], template)
    for manifest in found.manifests:
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    assert found.container(name)["securityContext"] == found.container("aggregator")["securityContext"]


def test_streams_are_created_by_the_administrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered().container("streams")["args"] == ["streams", "create"]
    for variable, value in rendered().mounted("streams", GIVEN, tmp_path).items():
        monkeypatch.setenv(variable, value)
    settings = ServiceSettings()
    assert settings.nats_seed is not None
    assert settings.stream_replicas == 3
    assert [path.name for path in (tmp_path / "run/secrets/laju").iterdir()] == ["LAJU_NATS_SEED"]
    volume = rendered().volumes("streams")["/run/secrets/laju"]
    assert volume["secret"]["secretName"] == "laju-administrator"


def test_a_rebuild_is_what_the_command_would_do_beside_the_aggregators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = with_component("rebuild", tmp_path)
    assert found.container("rebuild")["args"] == ["rebuild"]
    assert "rebuild" in {command.name for command in app.registered_commands}
    for variable, value in found.mounted("rebuild", GIVEN, tmp_path / "root").items():
        monkeypatch.setenv(variable, value)
    # A certificate that only services have would keep it from starting.
    assert AggregatorSettings().mongo_url == GIVEN["laju-operator"]["LAJU_MONGO_URL"]
    (rule,) = found.one("Job", "rebuild")["spec"]["podFailurePolicy"]["rules"]
    assert rule["onExitCodes"]["values"] == [2]  # something differs, as docs/operations.md says
    template = found.one("Job", "rebuild")["spec"]["template"]["spec"]
    assert template["restartPolicy"] == "Never"  # a policy about failures asks for it


def test_operators_have_a_place_to_run_commands_for_a_working_day(tmp_path: Path) -> None:
    found = with_component("operator", tmp_path)
    environment = found.mounted("operator", GIVEN, tmp_path / "root")
    assert (tmp_path / "root/run/secrets/laju/LAJU_NATS_SEED").read_text() == SEED
    assert Path(environment["LAJU_RECIPIENTS"]).is_file()
    assert "LAJU_TLS_CERT" not in environment
    job = found.one("Job", "operator")["spec"]
    assert job["activeDeadlineSeconds"] == 8 * 3600
    # `laju doctor` asks the relay as well, and everybody else.
    assert (tmp_path / "root/run/secrets/laju/LAJU_SMTP_URL").is_file()
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in found.all("NetworkPolicy")}
    (rule,) = policies["from-operator"]["ingress"]
    assert selects(rule["from"][0]["podSelector"]["matchLabels"], job["template"])
    assert policies["from-operator"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "laju"}}
    out = {port["port"] for allowed in policies["operator"]["egress"] for port in allowed["ports"]}
    assert out == {27017, 8222, "http", 25, 465, 587}


def relative(folder: Path, start: Path) -> str:
    return os.path.relpath(folder, start)


def selects(selector: dict[str, str], template: Manifest) -> bool:
    labelled: dict[str, str] = template["metadata"]["labels"]
    return selector.items() <= labelled.items()


def test_keys_are_never_made_in_the_cluster(tmp_path: Path) -> None:
    """A key that a pod made for itself would be gone with it, and every citizen would be counted a second time."""
    for name in ("LAJU_API_KEY", "LAJU_PSEUDONYM_KEY"):
        without = {key: value for key, value in GIVEN["laju-ingest"].items() if key != name}
        with pytest.raises(KeyError, match=name):
            rendered().mounted("ingest", {**GIVEN, "laju-ingest": without}, tmp_path / name)
    data = re.findall(r"LAJU_DATA=(\S+)", (ROOT / "deploy/Dockerfile").read_text())[0].rstrip("\\")
    assert rendered().volumes("notifier")[data]["secret"]["items"] == [{"key": "links.key", "path": "links.key"}]
    for name in SERVICES:
        assert "LAJU_DATA" not in rendered().environment(name)
        for volume in rendered().volumes(name).values():
            assert "optional" not in str(volume)


def test_every_secret_is_told_to_operators(tmp_path: Path) -> None:
    told = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    everything = [rendered(), *(with_component(name, tmp_path) for name in ("rebuild", "operator"))]
    named = {
        source.get("secret", {}).get("secretName") or source.get("secret", {}).get("name")
        for found in everything
        for _, pod in found.pods()
        for volume in pod["volumes"]
        for source in (volume, *volume.get("projected", {}).get("sources", ()))
        if "secret" in source
    }
    assert {secret["metadata"]["name"] for secret in rendered().all("Secret")} == {"laju-recipients"}
    assert named - {"laju-recipients"} == GIVEN.keys() - {"laju-ca"}
    assert {name for name in GIVEN if name not in told} == set()


def test_no_secret_is_in_a_config_map() -> None:
    secret = {
        f"LAJU_{field.upper()}"
        for settings in SERVICES.values()
        for field, info in settings.model_fields.items()
        if "Secret" in str(info.annotation) or field == "mongo_url"
    }
    assert {"LAJU_SMTP_URL", "LAJU_PSEUDONYM_KEY", "LAJU_NATS_SEED"} <= secret
    for found in rendered().all("ConfigMap"):
        assert not secret & found["data"].keys()
        assert "@" not in found["data"].get("LAJU_NATS_URL", "")


def test_the_example_recipients_can_be_used() -> None:
    assert read(EXAMPLE / "recipients.toml", NotifierSettings().hours).recipients
    assert (EXAMPLE / "recipients.toml").read_text() == (ROOT / "deploy/laju/recipients.toml").read_text()
    mounts = {mount["name"]: mount["mountPath"] for mount in rendered().container("notifier")["volumeMounts"]}
    file = rendered().environment("notifier")["LAJU_RECIPIENTS"]
    assert file == f"{mounts['recipients']}/recipients.toml"
    assert "subPath" not in str(rendered().container("notifier"))  # such a file is never renewed


def test_addresses_in_mails_are_those_of_the_pages() -> None:
    (pages,) = rendered().one("Ingress", "pages")["spec"]["rules"]
    told = rendered().environment("notifier")
    addresses = [told["LAJU_AGGREGATOR_URL"], told["LAJU_NOTIFIER_URL"]]
    addresses.append(rendered().environment("aggregator")["LAJU_PAGES_URL"])
    assert {urlsplit(address).hostname for address in addresses} == {pages["host"]}
    for ingress in rendered().all("Ingress"):
        (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
        assert tls["hosts"] == [rule["host"]]


def led_to(host: str, path: str) -> str | None:
    """The service that a request from outside reaches, by the longest path that fits, if any."""
    found: dict[str, str] = {}
    for ingress in rendered().all("Ingress"):
        (rule,) = ingress["spec"]["rules"]
        for item in rule["http"]["paths"] if rule["host"] == host else ():
            prefix = item["path"].rstrip("/")
            fits = path == item["path"] or (item["pathType"] == "Prefix" and (path + "/").startswith(prefix + "/"))
            if fits:
                found[item["path"]] = item["backend"]["service"]["name"]
    return found[max(found, key=len)] if found else None


OPERATIONAL = ("/metrics", "/healthz", "/readyz")


def test_pages_and_read_api_are_reached_from_outside_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAJU_DATA", str(tmp_path))
    documented = aggregator.build(AggregatorSettings(), Lifeline()).openapi()["paths"]
    asked = [path for path in documented if path not in OPERATIONAL]
    assert len(asked) > 8
    asked += ["/", "/about", "/regions/51.71", "/regions/51.71/live", "/static/x/laju.css", "/docs", "/openapi.json"]
    asked += ["/access/sign-in", "/access/link/token"]
    assert {led_to("laju.example", path) for path in asked} == {"aggregator"}
    assert led_to("laju.example", ACTS + "token") == "notifier"
    hidden = [*OPERATIONAL, "/v1/mails", "/v1/mails/x/letter", "/v1/actsx", "/redoc"]
    assert {led_to("laju.example", path) for path in hidden} == {None}


async def test_events_come_in_from_outside_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAJU_DATA", str(tmp_path))
    transport = httpx.ASGITransport(ingest.build(IngestSettings(), Lifeline()))
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as client:
        documented = (await client.get("/openapi.json")).json()["paths"]
    asked = [path for path in documented if path not in OPERATIONAL]
    assert PATH in asked
    assert {led_to("masuk.laju.example", path) for path in asked} == {"ingest"}
    assert {led_to("masuk.laju.example", path) for path in OPERATIONAL} == {None}


def policies(pod: dict[str, str], direction: str) -> Iterator[Manifest]:
    """The rules of all policies that select a pod by its labels."""
    for policy in rendered().all("NetworkPolicy"):
        spec = policy["spec"]
        if spec["podSelector"]["matchLabels"].items() <= pod.items() and direction.capitalize() in spec["policyTypes"]:
            yield from spec.get(direction, ())


def labels(name: str) -> dict[str, str]:
    return dict(rendered().one("Deployment", name)["spec"]["template"]["metadata"]["labels"])


def may(source: str, target: str, port: int) -> bool:
    """Whether one of ours may open a connection to another, by what both say."""

    def allowed(rules: Iterator[Manifest], peers: str, other: dict[str, str]) -> bool:
        return any(
            any(
                peer.get("podSelector", {}).get("matchLabels", {"": ""}).items() <= other.items()
                for peer in rule[peers]
            )
            for rule in rules
            if peers in rule and port in [item["port"] for item in rule["ports"]]
        )

    out = allowed(policies(labels(source), "egress"), "to", labels(target))
    return out and allowed(policies(labels(target), "ingress"), "from", labels(source))


def test_the_services_reach_one_another_as_far_as_they_have_to(port_of: dict[str, int]) -> None:
    reached = {
        (source, target)
        for source, target in product(SERVICES, SERVICES)
        if source != target and may(source, target, port_of[target])
    }
    assert reached == {("aggregator", "notifier"), ("notifier", "aggregator")}


def test_each_reaches_its_servers_and_no_others() -> None:
    def ports(name: str) -> set[int]:
        rules = policies(labels(name), "egress")
        return {item["port"] for rule in rules for item in rule["ports"] if "podSelector" not in str(rule.get("to"))}

    names, bus, database, spans = 53, 4222, 27017, 4318
    assert ports("ingest") == {names, bus, spans}
    assert ports("aggregator") == {names, bus, spans, database}
    assert ports("notifier") == {names, bus, spans, database, 25, 465, 587}


def test_who_may_come_in_from_outside_is_named() -> None:
    for name in SERVICES:
        for rule in policies(labels(name), "ingress"):
            assert rule["from"]
            assert rule["ports"]
            assert all(peer for peer in rule["from"])
    assert not any("ipBlock" in str(found) for found in rendered().all("NetworkPolicy"))


def test_prometheus_finds_the_services_under_the_names_that_the_rules_ask_for() -> None:
    monitor = rendered().one("ServiceMonitor", "laju")["spec"]
    services = [
        found
        for found in rendered().all("Service")
        if monitor["selector"]["matchLabels"].items() <= found["metadata"]["labels"].items()
    ]
    jobs = {found["metadata"]["labels"][monitor["jobLabel"]] for found in services}
    asked = re.findall(r'job=~?"([\w|]+)"', (ROOT / "deploy/prometheus/rules.yml").read_text(encoding="utf-8"))
    exporters = {"nats", "mongodb"}  # beside servers that are not Laju's to run there
    assert jobs == set(SERVICES) == {name for names in asked for name in names.split("|")} - exporters
    (endpoint,) = monitor["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    for found in services:
        assert found["spec"]["selector"].items() <= labels(found["metadata"]["name"]).items()


def test_every_part_can_be_left_out() -> None:
    base = rendered(FOLDER / "base")
    assert {found["kind"] for found in base.manifests} == {
        "ConfigMap", "Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount",
    }  # fmt: skip
    assert "LAJU_TRACING" not in base.environment("ingest")
    assert rendered().environment("ingest")["LAJU_TRACING"] == "true"


def test_what_is_ones_own_is_marked_and_in_the_example_alone() -> None:
    ours = [path for path in FOLDER.rglob("*") if path.is_file() and EXAMPLE not in path.parents]
    hosts = {path.name for path in ours if re.search(r"\blaju\.example\b", path.read_text(encoding="utf-8"))}
    assert hosts == {"intake.yaml", "pages.yaml"}  # patched by the example
    assert not any(fnmatch(path.name, "*.key") or "secret" in path.name for path in FOLDER.rglob("*"))
