"""National returns: layout as data, filled from a forecast, checked, written."""
