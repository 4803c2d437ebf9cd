"""The results of the benchmark as a page and as a chart for the documentation. Pure: results in, text out."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import log10
from typing import Any

Results = dict[str, Any]
_WIDTH, _ROW, _LABELS, _RIGHT = 760, 30, 330, 90
_FIRST_POWER = 2  # the chart begins at 100 events a second


def page(results: Results) -> str:
    """The tables in Markdown, a line of at most 128 characters where it can be."""
    return "\n".join([*_contenders(results), *_measures(results["measures"]), *_configurations(results)]) + "\n"


def _contenders(results: Results) -> Iterator[str]:
    machine = results["machine"]
    libraries = ", ".join(f"{name} {found}" for name, found in machine["libraries"].items())
    yield "# Measurements\n"
    yield f"`make bench` on {machine['cores']} cores ({machine['processor']}), Python {machine['python']}; {libraries}."
    yield (
        "Medians of interleaved rounds; the span is from the slowest round to the fastest. Machines differ and are "
        "busy: the ratios count. Processor seconds are the contender's own and its servers'. What it means is in "
        "[performance](performance.md).\n"
    )
    yield "![Events a second, on a logarithmic scale](measurements.svg)\n"
    columns = ("contender", "events", "events/s", "span", "CPU-s per 100,000", "figures right", "× tutorial", "× limit")
    yield "| " + " | ".join(columns) + " |"
    yield "|---" * len(columns) + "|"
    for found in results["contenders"].values():
        rate, cpu = found["events_per_second"], found["cpu_seconds_per_100k"]
        yield (
            f"| {found['title']} | {found['events']:,} | {rate['median']:,} | {rate['lowest']:,}–{rate['highest']:,} "
            f"| {cpu['client']} + {cpu['server']} | {_judged(found)} | {found.get('ratio_to_tutorial', '–')} "
            f"| {found.get('ratio_to_limit', '–')} |"
        )


def _judged(found: dict[str, Any]) -> str:
    if found["days_right"] is None:
        return "–"
    if found["days_right"]:
        return "yes"
    return "totals only" if found["totals_right"] else "no"


def _measures(measures: dict[str, Any]) -> Iterator[str]:
    yield "\n## Laju alone\n"
    yield "| measure | figures |"
    yield "|---|---|"
    for name, figures in measures.items():
        yield f"| {name.replace('_', ' ')} | {_told(figures)} |"


def _told(figures: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')}: {f'({_told(value)})' if isinstance(value, dict) else format(value, ',')}"
        for name, value in figures.items()
    )


def _configurations(results: Results) -> Iterator[str]:
    yield "\n## How each contender was set up\n"
    for found in results["contenders"].values():
        yield f"- **{found['title']}**: {found['configuration']}"


def chart(results: Results) -> str:
    """Bars of the medians on a logarithmic scale, as SVG, readable on light and on dark pages."""
    bars = [(found["title"], found["events_per_second"]["median"]) for found in results["contenders"].values()]
    powers = log10(max(rate for _, rate in bars)) - _FIRST_POWER
    height = _ROW * len(bars) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="sans-serif" font-size="13" fill="#5f6b7a">',
        "<title>Events a second of each contender, logarithmic scale from 100</title>",
    ]
    for number, (title, rate) in enumerate(bars):
        top = 5 + _ROW * number
        length = max(log10(max(rate, 1)) - _FIRST_POWER, 0.02) / powers * (_WIDTH - _LABELS - _RIGHT)
        colour = "#0b7a5c" if title.startswith("Laju") else "#9aa5b1"
        middle = top + _ROW / 2 + 1
        lines += [
            f'<text x="{_LABELS - 8}" y="{middle:.0f}" text-anchor="end">{escape(title)}</text>',
            f'<rect x="{_LABELS}" y="{top + 3}" width="{length:.0f}" height="{_ROW - 10}" rx="3" fill="{colour}"/>',
            f'<text x="{_LABELS + length + 6:.0f}" y="{middle:.0f}">{rate:,}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"
