"""Labelled beats in tables: detecting the layout, reading rows, reporting errors."""
