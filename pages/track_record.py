"""Page "track_record"."""

from pages.shared.context import subject_page

subject_page("track_record")
