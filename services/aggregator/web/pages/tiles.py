"""Where each province stands on the tile grid: a map on which the smallest is as visible as the largest."""

from __future__ import annotations

from typing import NamedTuple


class Tile(NamedTuple):
    """Column and row from the upper left, from 0, and the short name (ISO 3166-2:ID)."""

    column: int
    row: int
    short: str


COLUMNS, ROWS = 13, 7
TILES = {
    "11": Tile(0, 0, "AC"), "12": Tile(0, 1, "SU"), "13": Tile(0, 2, "SB"), "14": Tile(1, 1, "RI"),
    "15": Tile(1, 2, "JA"), "16": Tile(1, 3, "SS"), "17": Tile(0, 3, "BE"), "18": Tile(1, 4, "LA"),
    "19": Tile(2, 2, "BB"), "21": Tile(2, 1, "KR"), "31": Tile(2, 5, "JK"), "32": Tile(3, 5, "JB"),
    "33": Tile(4, 5, "JT"), "34": Tile(4, 6, "YO"), "35": Tile(5, 5, "JI"), "36": Tile(1, 5, "BT"),
    "51": Tile(6, 5, "BA"), "52": Tile(7, 5, "NB"), "53": Tile(8, 5, "NT"), "61": Tile(4, 1, "KB"),
    "62": Tile(4, 2, "KT"), "63": Tile(5, 2, "KS"), "64": Tile(5, 1, "KI"), "65": Tile(5, 0, "KU"),
    "71": Tile(8, 0, "SA"), "72": Tile(7, 1, "ST"), "73": Tile(7, 2, "SN"), "74": Tile(8, 2, "SG"),
    "75": Tile(7, 0, "GO"), "76": Tile(6, 2, "SR"), "81": Tile(9, 2, "MA"), "82": Tile(9, 1, "MU"),
    "91": Tile(12, 1, "PA"), "92": Tile(11, 1, "PB"), "93": Tile(12, 3, "PS"), "94": Tile(11, 2, "PT"),
    "95": Tile(12, 2, "PE"), "96": Tile(10, 1, "PD"),
}  # fmt: skip
