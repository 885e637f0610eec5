"""The command `sanad`."""

from server.cli.commands import app


def main() -> None:
    app()
