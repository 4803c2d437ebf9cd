"""Writes the pages of docs/ that only repeat what the code says, what was last measured, and the dashboards of Grafana.

``python -m docs.generate`` writes them; with ``--check`` it writes nothing and exits 1, naming the stale ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr

from bench import report
from bench.__main__ import RESULTS
from deploy.grafana import dashboards
from docs import asyncapi, permissions
from services.aggregator.book import Book, Track
from services.aggregator.facts import Decree, Opening
from services.aggregator.metrics import Metrics as AggregatorMetrics
from services.aggregator.pace import Policy, assess_all
from services.aggregator.settings import AggregatorSettings
from services.ingest.metrics import Metrics as IngestMetrics
from services.ingest.settings import IngestSettings
from services.notifier.metrics import Metrics as NotifierMetrics
from services.notifier.settings import NotifierSettings
from shared.events import CITIZEN_TYPES, DISTRICT_EVENT, OUTCOME_EVENT, OUTCOME_TYPES, REGION_TYPES, Event, wire_type
from shared.events.region import Target
from shared.settings import ServiceSettings
from shared.telemetry import Vitals

DOCS = Path(__file__).parent
Schema = dict[str, Any]
SERVICES = (
    ("ingest", IngestSettings, IngestMetrics),
    ("aggregator", AggregatorSettings, AggregatorMetrics),
    ("notifier", NotifierSettings, NotifierMetrics),
)
_HEAD = "<!-- Written by docs/generate.py from the code: change the code, then run it. -->\n\n"
_TERM = {"start_on": "2024-01-01", "due_on": "2024-12-31"}
_CITIZEN = {"citizen": "k1:6f1ed002ab5595859014ebf0951522d9", "home": "51.71.01.1001"}
_SERVICE = _CITIZEN | {"service": "51.71", "channel": "outreach_opd", "place": "Dinas PUPR", "group": "asn"}
_TARGET = {"region": "51.71", "programme": "ikd", "authority": "national", "due_on": "2024-12-31"}
_CLAIM = {
    "as_of": "2024-06-27",
    "programme": "ikd",
    "percent": 2.75,
    "basis": "wajib_ktp",
    "source": "Tangerang Ekspres",
}
_CIRCULAR = {"kind": "circular", "title": "Edaran wali kota", "starts_on": "2024-05-22", "programme": "ikd"}
_DAY = {"region": "51.71", "as_of": "2023-09-12"}
_DATA: dict[str, Schema] = {
    "perekaman.recorded.v1": _SERVICE | {"channel": "outreach_school", "place": "SMAN 1 Denpasar", "group": "student"},
    "perekaman.voided.v1": _CITIZEN | {"reason": "duplicate"},
    "ikd.activated.v1": _SERVICE | {"reactivation": False},
    "ikd.deactivated.v1": _CITIZEN | {"reason": "deceased"},
    "resident.moved.v1": _CITIZEN | {"home": "35.73.01.1001"},
    "wajib_ktp.reported.v1": _DAY | {"count": 506_409, "source": "siak"},
    "baseline.reported.v1": _DAY | {"recorded": 498_773, "activated": 6_010},
    "target.set.v1": _TARGET | _TERM | {"basis": "percent_of_wajib_ktp", "value": 30, "effective_on": "2024-05-22"},
    "target.withdrawn.v1": _TARGET | {"effective_on": "2024-07-01"},
    "blanko.counted.v1": _DAY | {"sheets": 1_639},
    "backlog.reported.v1": _DAY | {"reasons": [{"reason": "turned_17", "count": 5_000}]},
    "intervention.announced.v1": {"region": "51.71"} | _CIRCULAR,
    "outreach.reported.v1": {
        "region": "35.73", "on": "2024-04-22", "channel": "outreach_mall", "place": "Mal", "applicants": 967,
    },
    "figure.claimed.v1": {"region": "36.04"} | _CLAIM | {"source": "Tangerang Ekspres"},
}  # fmt: skip


class _Plain(yaml.SafeDumper):
    """Repeats what occurs twice, for people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def pages() -> dict[Path, str]:
    """Every generated page with its content."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {
        DOCS / "events.md": events(),
        DOCS / "asyncapi.yaml": f"# {_HEAD[5:-6]}\n"
        + yaml.dump(asyncapi.document(), Dumper=_Plain, sort_keys=False, width=120),
        DOCS / "settings.md": settings(),
        DOCS / "metrics.md": metrics(),
        DOCS / "permissions.md": _HEAD + permissions.page(),
        DOCS / "measurements.md": _HEAD + report.page(results),
        DOCS / "measurements.svg": report.chart(results),
        **dashboards(),
    }


def events() -> str:
    """The catalogue: what each event means, its fields, and an example that was validated just now."""
    intro = (
        "# Events\n\nOn the wire an event is a CloudEvents 1.0 JSON object. `type` names what happened, with version. "
        "A field that is not in these tables is refused in `data` and dropped beside it. Fields with a default may be "
        "left out. A district may send `nik` (text of 16 digits) in place of `citizen`, over HTTPS only: ingest makes "
        "it the pseudonym, and a NIK anywhere else is refused.\n\n## Attributes of every event\n\n"
    )
    parts = [_HEAD, intro, _about(Event), _fields(Event.model_json_schema()), "| `type` | text | | see below |\n"]
    named: dict[str, Schema] = {}
    for title, models in (
        ("About a citizen, from districts", CITIZEN_TYPES),
        ("About a region, from districts, provinces or the directorate", REGION_TYPES),
        ("Published by Laju", OUTCOME_TYPES),
    ):
        parts.append(f"\n## {title}\n")
        for model in models:
            schema = model.model_json_schema()
            data = schema["$defs"].pop(schema["properties"]["data"]["$ref"].rpartition("/")[2])
            named |= schema["$defs"]
            example = json.dumps(_example(model), indent=2, ensure_ascii=False)
            parts += [f"\n### {wire_type(model)}\n\n", _about(model), f"{_prose(data['description'])}\n\n"]
            parts += [_fields(data), f"\n```json\n{example}\n```\n"]
    parts.append("\n## Parts of events\n")
    for name, schema in sorted(named.items()):
        parts += [f"\n### {name}\n\n", f"{_prose(schema['description'])}\n\n", _fields(schema)]
    return "".join(parts)


def settings() -> str:
    """Every setting of the three services."""
    parts = [
        _HEAD,
        "# Settings\n\nEnvironment variables, read once at start. A service ignores those it does not know.\n",
    ]
    shared = ServiceSettings.model_fields
    for title, model in (("Every service", ServiceSettings), *((name, model) for name, model, _ in SERVICES)):
        parts.append(f"\n## {title}\n\n" + _row("variable", "default", "meaning") + _row("---", "---", "---"))
        for name, field in model.model_fields.items():
            if model is ServiceSettings or name not in shared:
                default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
                shown = "" if default is None else f"`{default}`"
                parts.append(_row(f"`LAJU_{name.upper()}`", shown, _prose(field.description or "").replace("<", "\\<")))
    return "".join(parts)


def metrics() -> str:
    """Every metric of the three services, under the names that ``/metrics`` shows."""
    parts = [
        _HEAD,
        "# Metrics\n\nA histogram shows `_bucket`, `_sum` and `_count`. Every service also shows its process "
        "(`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_start_time_seconds` and so on). What "
        "is watched with them is in [runbooks](runbooks/README.md).\n",
    ]
    vitals = Vitals(CollectorRegistry())
    for title, members in (("Every service", vitals), *((name, registry()) for name, _, registry in SERVICES)):
        parts.append(f"\n## {title}\n\n" + _row("metric", "type", "labels", "meaning") + _row(*["---"] * 4))
        for metric in _listed(members):
            (family,) = metric.describe()
            shown = family.name + ("_total" if isinstance(metric, Counter) else "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            parts.append(_row(f"`{shown}`", family.type, labels, family.documentation))
    return "".join(parts)


def _listed(metrics: object) -> Iterator[MetricWrapperBase]:
    """Those of a service's typed list, and of the lists that it is put together from."""
    for member in vars(metrics).values():
        if isinstance(member, MetricWrapperBase):
            yield member
        elif type(member).__module__.endswith("metrics"):
            yield from _listed(member)


def _example(model: type[Event]) -> Schema:
    """An event of this type; a wrong one ends the generation."""
    if model in OUTCOME_TYPES:
        return _outcome(wire_type(model))
    source, time = "siak/51.71", "2024-05-23T10:04:00+08:00"
    event: Schema = {"specversion": "1.0", "id": "2024-05-23/000017", "source": source, "time": time}
    event |= {"type": wire_type(model), "data": _DATA[wire_type(model)]}
    DISTRICT_EVENT.validate_json(json.dumps(event))
    return event


_ALERT_REASONS = {
    "alert.raised.v1": "first",
    "alert.worsened.v1": "worsened",
    "alert.repeated.v1": "repeat",
    "alert.escalated.v1": "escalated",
    "alert.unheard.v1": "no_data",
    "alert.resolved.v1": "resolved",
    "alert.corrected.v1": "corrected",
    "alert.achieved.v1": "achieved",
    "alert.missed.v1": "missed",
    "alert.withdrawn.v1": "withdrawn",
}


def _outcome(kind: str) -> Schema:
    """Malang on 23 April 2024, as the aggregator assesses it."""
    target = {"programme": "ikd", "authority": "national", "basis": "absolute", "value": 160_000} | _TERM
    decree = Target.model_validate_json(json.dumps({"region": "35.73", "effective_on": "2024-01-01"} | target))
    openings = [Opening(date(2023, 12, 31), 31_100), Opening(date(2024, 4, 23), 54_000)]
    decrees = [Decree("dukcapil#ikd-2024", ("ikd", "national", decree.due_on), decree.effective_on, decree)]
    day, book = date(2024, 4, 23), Book(tracks={"ikd": Track({}, openings)})
    standing = assess_all("35.73", book, decrees, day, Policy())[0].model_dump(mode="json")
    line, mail = "35.73/ikd/national/2024-12-31", "<6f1ed002ab5595859014ebf0951522d9@laju.example>"
    if kind == "pace.assessed.v1":
        data = standing
    elif kind == "alert.mailed.v1":
        data = {"mail": mail, "region": "35.73", "kind": "notice", "lines": [line], "outcome": "sent"}
    elif kind in ("alert.acknowledged.v1", "alert.silenced.v1"):
        data = {"scope": line, "until": "2024-05-07T02:00:00Z", "by": "link", "reason": "Jemput bola di dua kecamatan"}
    else:
        data = {
            "line": line,
            "episode": 1,
            "reason": _ALERT_REASONS[kind],
            "decided_at": "2024-04-23T02:00:00Z",
            "rule": "first(days_behind=40, rate7=12.14, rate28=11.50, required_rate=421)",
            "mails": [mail],
            "standing": standing,
        }
    event = {
        "specversion": "1.0",
        "id": "9b1c6c0d5f0e4f7b8a3d2e1f00112233",
        "source": "laju/aggregator" if kind == "pace.assessed.v1" else "laju/notifier",
        "type": kind,
        "time": "2024-04-23T02:00:03Z",
        "data": data,
    }
    OUTCOME_EVENT.validate_json(json.dumps(event))
    return event


def _fields(schema: Schema) -> str:
    rows = [_row("field", "type", "default", "constraints and meaning"), _row("---", "---", "---", "---")]
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = "required" if name in required else f"`{json.dumps(field.get('default'))}`"
        rows.append(_row(f"`{name}`", _type(field), default, "; ".join(_constraints(field))))
    return "".join(rows)


def _alternative(field: Schema) -> Schema:
    """The form that is sent: not null, and a number where the number may be written as text too."""
    form = next((form for form in field.get("anyOf", ()) if form.get("type") != "null"), field)
    return _alternative(form) if "anyOf" in form and form is not field else form


def _type(field: Schema) -> str:
    form = _alternative(field)
    if "$ref" in form:
        name = form["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if form.get("type") == "array":
        return f"list of {_type(form['items'])}"
    return str(form.get("format") or {"string": "text"}.get(form["type"], form["type"]))


def _constraints(field: Schema) -> Iterator[str]:
    form = _alternative(field)
    words = {"minLength": "at least {} characters", "maxLength": "at most {} characters", "minimum": "at least {:,}"}
    words |= {"maximum": "at most {:,}", "pattern": "`{}`", "minItems": "at least {}", "maxItems": "at most {}"}
    values = _values(field)
    if values:
        yield ", ".join(f"`{value}`" for value in values)
    for key, text in words.items():
        if key in form and not (key == "pattern" and "number" in str(field)):
            value = form[key]
            yield text.format(int(value) if isinstance(value, float) else value)
    if "description" in field:
        yield _prose(field["description"])


def _values(field: Schema) -> Sequence[Any]:
    found: list[Any] = []
    for form in (field, *field.get("anyOf", ())):
        found += form.get("enum", [form["const"]] if "const" in form else [])
    return found


def _about(model: type[Event]) -> str:
    return _prose(model.__doc__ or "") + "\n\n"


def _prose(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main(arguments: Iterable[str]) -> int:
    """The exit code: 1 if ``--check`` found stale pages."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is stale: run python -m docs.generate")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
