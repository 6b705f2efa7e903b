"""Opens the app: navigation only; every page sets itself up."""

from pages.shared.navigation import navigate

navigate(by_app=True).run()
