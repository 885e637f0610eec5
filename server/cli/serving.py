"""Serving a company: over the network for phones and desks, and at a local socket for the command line."""

import contextlib
import gc
import logging
import secrets
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
import uvloop

from server.app import create_app
from server.cli.client import TOKEN_FILE
from server.company import OpenCompany
from server.settings import Settings
from server.store.opening import place_of
from server.store.sqlite import engine_version

log = logging.getLogger("sanad")


class AddressTaken(RuntimeError):
    """Nobody can be served at this address."""


def serve_company(company: OpenCompany, ready: Callable[[str], None], *, warm: bool = True) -> None:
    """Serve until interrupted. `ready` is called with the address once connections are taken. AddressTaken when
    somebody else listens there."""
    settings = company.settings
    network = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    network.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Head and body of a reply are two writes; without this the second waits 40 ms for the client's delayed ACK.
    network.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        network.bind((settings.host, settings.port))
    except OSError as fault:
        network.close()
        company.close()
        raise AddressTaken(f"{settings.host}:{settings.port}: {fault.strerror}") from fault
    token = secrets.token_urlsafe(32)
    token_path = settings.data / TOKEN_FILE
    if not settings.database_url:
        token_path.touch(mode=0o600)
        token_path.write_text(token)
    app = create_app(company, token, warm=warm)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=3, server_header=False
    )
    server = _Server(config, lambda: ready(f"http://{settings.host}:{settings.port}"), company.end_news)
    doors = [network] if settings.database_url else [network, _local(settings)]
    log.info("serving %s with %s", place_of(settings), "asyncpg" if settings.database_url else engine_version())
    # What is loaded by now lives as long as the server; the collector need not walk it again and again.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    # The way a service is stopped; the default would end the process before it has tidied up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        uvloop.run(server.serve(sockets=doors))
    finally:
        if not settings.database_url:
            for path in (settings.socket, token_path):
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
        company.close()


def _local(settings: Settings) -> socket.socket:
    """Where the command line reaches the one process that owns the company's file. A database it opens itself, and
    servers that share a folder would only take each other's socket."""
    local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with contextlib.suppress(FileNotFoundError):
        settings.socket.unlink()
    local.bind(str(settings.socket))
    settings.socket.chmod(0o600)
    return local


class _Server(uvicorn.Server):
    """Says when it is ready, so that whoever started it need not guess."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._leaving = leaving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Streams of news never end by themselves; without this every stop would wait for its time-out."""
        self._leaving()
        super().handle_exit(sig, frame)
