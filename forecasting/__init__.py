"""The forecasting engine: how many children, with which need, placed where, at what cost."""
