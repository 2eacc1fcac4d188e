"""Data in and data out: one file for each layout that is read, one for each format that is written."""

from realness.exchange.examples import Leaving, Picture
from realness.exchange.export import EXPORTERS, Learning, write
from realness.exchange.layouts import LAYOUTS, detect_layout, read
from realness.exchange.rows import COLUMNS, ExportRow

__all__ = [
    "COLUMNS",
    "EXPORTERS",
    "LAYOUTS",
    "ExportRow",
    "Learning",
    "Leaving",
    "Picture",
    "detect_layout",
    "read",
    "write",
]
