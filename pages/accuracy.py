"""Page "accuracy"."""

from pages.shared.context import subject_page

subject_page("accuracy")
