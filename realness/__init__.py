"""Realness: a workbench for people who judge AI-generated images."""

__version__ = "0.1.0"
