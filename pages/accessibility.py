"""Page "accessibility": what was checked, what fails, what to do instead."""

from forecasting.outputs.accessibility import statement
from pages.shared.context import draw_sidebar, page_context
from pages.shared.show import show

view = page_context("accessibility")
show(statement(), view)
draw_sidebar("accessibility", view)
