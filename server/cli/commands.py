"""sanad serve | demo | enrol | notify | import | hand-in | report | verify | rebuild | copy | recovery | backup
| restore"""

from server.cli import bring_in, keep, notices, serve, tell
from server.cli.console import app

__all__ = ["app", "bring_in", "keep", "notices", "serve", "tell"]
