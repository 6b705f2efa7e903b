"""The briefing: one story, told as slides, as a paper and on the screen."""
