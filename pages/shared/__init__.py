"""What every page shares: the dataset and scenario in hand, the sidebar, and the drawing of a subject."""
