"""Data in and data out: one file for each layout that is read, one for each format that is written."""

from realness.exchange.export import EXPORTERS, write
from realness.exchange.layouts import LAYOUTS, detect_layout, read
from realness.exchange.rows import ExportRow

__all__ = ["EXPORTERS", "LAYOUTS", "ExportRow", "detect_layout", "read", "write"]
