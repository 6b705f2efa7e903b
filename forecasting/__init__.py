"""The forecasting engine: how many children, with which need, placed where, at what cost."""

VERSION = "0.1.0"
