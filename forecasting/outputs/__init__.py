"""Tables, charts, workbooks and returns made from a Forecast."""
