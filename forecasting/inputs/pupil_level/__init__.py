"""Files with one row a child: read in memory, added up, dropped. What goes on are totals, as dataset tables.

Nothing of a child is written, cached or put into a message: faults name rows, never what stands in them.
"""

from forecasting.inputs.pupil_level.totals import Totals, totals

__all__ = ["Totals", "totals"]
