"""The few kinds of panels that the dashboards are made of, and how they are asked of Prometheus.

A panel has a title, a sentence that says what is to be seen in it, a unit of Grafana's (``percentunit``, ``s``,
``bytes``, ``short``, …) and expressions in PromQL, each by the legend of its series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from grafana_foundation_sdk.builders import bargauge, dashboard, stat, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, StackingConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import StackingMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableOption, VariableRefresh

PROMETHEUS = DataSourceRef("prometheus", "prometheus")
"""By the uid that provisioning gives it."""

Panel = stat.Panel | timeseries.Panel | bargauge.Panel
Rows = Mapping[str, Sequence[Panel]]
_NUMBER_WIDTH, _NUMBER_HEIGHT = 4, 5
_CHART_WIDTH, _CHART_HEIGHT = 12, 8
_LONG_HEIGHT = 14


def number(title: str, about: str, unit: str, expression: str) -> stat.Panel:
    """A single number as it is now, with its course behind it."""
    panel = stat.Panel().title(title).description(about).unit(unit).datasource(PROMETHEUS)
    panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.span(_NUMBER_WIDTH).height(_NUMBER_HEIGHT).with_target(_query("A", expression, title))


def lines(title: str, about: str, unit: str, expressions: Mapping[str, str]) -> timeseries.Panel:
    """Series through time."""
    panel = timeseries.Panel().title(title).description(about).unit(unit).datasource(PROMETHEUS).fill_opacity(8)
    for letter, (legend, expression) in zip(ascii_uppercase, expressions.items(), strict=False):
        panel.with_target(_query(letter, expression, legend))
    return panel.span(_CHART_WIDTH).height(_CHART_HEIGHT)


def layers(title: str, about: str, unit: str, expressions: Mapping[str, str]) -> timeseries.Panel:
    """Series through time that add up to a whole."""
    panel = lines(title, about, unit, expressions).fill_opacity(60)
    return panel.stacking(StackingConfig().mode(StackingMode.NORMAL))


def bars(title: str, about: str, unit: str, legend: str, expression: str) -> bargauge.Panel:
    """One bar for each series as it is now, in the order of the answer."""
    panel = bargauge.Panel().title(title).description(about).unit(unit).datasource(PROMETHEUS)
    panel.orientation(VizOrientation.HORIZONTAL).reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.span(_CHART_WIDTH).height(_LONG_HEIGHT).with_target(_query("A", expression, legend).instant())


def board(uid: str, title: str, about: str, rows: Rows, variables: Sequence[Variable] = ()) -> dashboard.Dashboard:
    """A dashboard of rows with titles, refreshed each minute."""
    found = dashboard.Dashboard(title).uid(uid).description(about).tags(["laju"]).readonly()
    found.time("now-24h", "now").refresh("1m").timezone("browser")
    for variable in variables:
        found.with_variable(variable)
    for name, panels in rows.items():
        found.with_row(dashboard.Row(name))
        for panel in panels:
            found.with_panel(panel)
    return found


Variable = dashboard.CustomVariable | dashboard.QueryVariable


def choice(name: str, label: str, values: Sequence[str]) -> dashboard.CustomVariable:
    """A variable with these values, the first to begin with."""
    options = [VariableOption(number == 0, value, value) for number, value in enumerate(values)]
    variable = dashboard.CustomVariable(name).label(label).values(",".join(values))
    return variable.options(options).current(options[0])


def values_of(name: str, label: str, series: str, of: str) -> dashboard.QueryVariable:
    """A variable with the values that a label has in a series."""
    variable = dashboard.QueryVariable(name).label(label).datasource(PROMETHEUS)
    return variable.query(f"label_values({series}, {of})").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _query(letter: str, expression: str, legend: str) -> Dataquery:
    return Dataquery().ref_id(letter).expr(expression).legend_format(legend).datasource(PROMETHEUS)
