"""Charts for pages (SVG) and mails (PNG), with their numbers as text. What is drawn is computed once, in
:mod:`~shared.charts.scene`, and is the same in both."""

from shared.charts.bars import Share
from shared.charts.burn_up import burn_up
from shared.charts.chart import Chart, Points, Series, Table
from shared.charts.colours import SHADES, css_variable
from shared.charts.daily import daily
from shared.charts.days import Day
from shared.charts.flows import flows
from shared.charts.shares import Unit, shares
from shared.charts.way import TargetStep

__all__ = [
    "SHADES",
    "Chart",
    "Day",
    "Points",
    "Series",
    "Share",
    "Table",
    "TargetStep",
    "Unit",
    "burn_up",
    "css_variable",
    "daily",
    "flows",
    "shares",
]
