"""Releases of *Education, health and care plans* (Department for Education) to dataset tables."""

from forecasting.inputs.dfe.read import Reading, authorities, find_authority, read_release, read_releases
from forecasting.inputs.dfe.release import Release, kind_of, split

__all__ = ["Reading", "Release", "authorities", "find_authority", "kind_of", "read_release", "read_releases", "split"]
