"""sanad serve | demo | enrol | import | hand-in | report | verify | rebuild | copy | recovery | backup | restore"""

from server.cli import bring_in, keep, serve, tell
from server.cli.console import app

__all__ = ["app", "bring_in", "keep", "serve", "tell"]
