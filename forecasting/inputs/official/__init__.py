"""Files that councils download or already have, recognised by their columns and read as dataset tables."""

from forecasting.inputs.official.readers import READERS, Reader, read_official
from forecasting.inputs.official.who import Who

__all__ = ["READERS", "Reader", "Who", "read_official"]
