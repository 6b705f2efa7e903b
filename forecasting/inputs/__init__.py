"""Spreadsheets, CSV files and published releases in; a checked Dataset out."""
