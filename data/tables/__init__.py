"""Labelled beats in tables: finding the layout, reading rows, naming what is wrong."""
