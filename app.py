"""Opens the app: the navigation; every page sets itself up."""

from pages.shared import ahead
from pages.shared.navigation import navigate

ahead.work()
navigate(by_app=True).run()
