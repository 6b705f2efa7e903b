"""What the forecast means: comparisons, track record, what moved the answer."""
