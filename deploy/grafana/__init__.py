"""Dashboards as code: each module builds one, ``python -m docs.generate`` writes them to ``dashboards/``, and Grafana
reads them from there. Changing one in Grafana changes nothing here."""

from __future__ import annotations

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.notifier import notifier
from deploy.grafana.pipeline import pipeline
from deploy.grafana.programme import programme

FOLDER = Path(__file__).parent / "dashboards"


def dashboards() -> dict[Path, str]:
    """The content of each file."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    boards = {"programme": programme(), "pipeline": pipeline(), "notifier": notifier()}
    return {FOLDER / f"{name}.json": encoder.encode(board.build()) + "\n" for name, board in boards.items()}
