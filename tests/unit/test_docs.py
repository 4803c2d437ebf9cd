"""The docs against the code: generated pages are fresh, examples come in, and what a page names exists."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from services.ingest.admission import Rejected, Rules, admit
from shared.bus import stream_configs
from shared.events import CITIZEN_TYPES, OUTCOME_EVENT, OUTCOME_TYPES, REGION_TYPES, wire_type

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DEPLOYED = ROOT / "deploy"
PAGES = sorted(DOCS.rglob("*.md"))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
OUTCOMES = {wire_type(model) for model in OUTCOME_TYPES}
_EXAMPLE = re.compile(r"^### (\S+\.v\d+)\n.*?^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = dict(_EXAMPLE.findall((DOCS / "events.md").read_text(encoding="utf-8")))


@pytest.fixture
def generator() -> ModuleType:
    """docs/generate.py, which lies in no package."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(generator: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    status = generator.main(["--check"])

    assert (status, capsys.readouterr().out) == (0, "")


def test_a_stale_page_is_named_and_left_alone(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh, stale = tmp_path / "fresh.md", tmp_path / "stale.md"
    fresh.write_text("same")
    stale.write_text("old")
    monkeypatch.setattr(generator, "pages", lambda: {fresh: "same", stale: "new"})

    assert generator.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale.md is stale: run python -m docs.generate\n"
    assert stale.read_text() == "old"

    assert generator.main([]) == 0
    assert stale.read_text() == "new"


def test_every_event_has_an_example() -> None:
    assert set(EXAMPLES) == {wire_type(model) for model in (*CITIZEN_TYPES, *REGION_TYPES, *OUTCOME_TYPES)}


@pytest.mark.parametrize("kind", sorted(set(EXAMPLES) - OUTCOMES))
def test_an_example_is_admitted_by_ingest(kind: str) -> None:
    rules = Rules(
        now=datetime(2024, 6, 28, tzinfo=UTC), person=lambda nik: {}, nik_allowed=False, allowance=timedelta(minutes=5)
    )

    admitted = admit(json.loads(EXAMPLES[kind]), rules)

    assert not isinstance(admitted, Rejected), admitted
    assert admitted.type == kind


@pytest.mark.parametrize("kind", sorted(OUTCOMES))
def test_an_example_of_what_laju_publishes_can_be_read(kind: str) -> None:
    assert OUTCOME_EVENT.validate_json(EXAMPLES[kind]).type == kind


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    links = [target for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in target]
    paths = re.findall(r"`((?:shared|services|deploy|docs)/[\w./-]+)`", text)

    assert [link for link in links if not (page.parent / link).exists()] == []
    assert [path for path in paths if not (ROOT / path).exists()] == []


def sections(page: Path) -> set[str]:
    """What can be linked to within a page, as GitHub names it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = (
        re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    )
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_section_that_a_page_links_to_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
    there = ((page.parent / file if file else page, section) for file, section in targets)

    assert [section for file, section in there if file.suffix == ".md" and section not in sections(file)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_variable_a_page_names_is_a_setting(page: Path, generator: ModuleType) -> None:
    """Of a service, or of the NATS server as it is configured."""
    named = set(re.findall(r"LAJU_[A-Z0-9_]+", page.read_text(encoding="utf-8")))
    configured = "".join(
        file.read_text(encoding="utf-8") for file in (*DEPLOYED.glob("nats/*.conf"), DEPLOYED / "mongo/users.js")
    )

    assert named <= set(re.findall(r"LAJU_[A-Z0-9_]+", generator.settings() + configured))


def test_decisions_are_numbered_and_complete() -> None:
    assert [page.name[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for page in DECISIONS:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "Alternatives"], page.name


def test_the_description_of_the_bus_names_every_stream_and_nothing_that_is_not_there() -> None:
    described = yaml.safe_load((DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    for stream in stream_configs(1, 16):
        address = described["channels"][stream.name]["address"]
        (subject,) = stream.subjects or []
        assert address.partition(".")[0] == subject.partition(".")[0]
    references = re.findall(r"\$ref'?: '?#/([^'\n]+)", (DOCS / "asyncapi.yaml").read_text(encoding="utf-8"))
    assert references
    for reference in references:
        place = described
        for name in reference.split("/"):
            place = place[name]
