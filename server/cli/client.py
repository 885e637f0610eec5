"""How the command line reaches a company: through the running server's socket, or by opening the file itself. It opens
a database beside the servers, as one of them.

Either way it is the same application and the same calls; only the transport differs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import anyio.from_thread
import httpx

from server.app import create_app
from server.company import OpenCompany
from server.settings import Settings
from server.store.opening import CompanyInUse

TOKEN_FILE = "local.token"  # noqa: S105 -- the name of a file
BASE = "http://sanad"


class ServerSilent(RuntimeError):
    """A process owns the company, but does not answer at its socket."""


@contextmanager
def client(settings: Settings) -> Iterator[httpx.Client]:
    """An HTTP client that speaks as the system."""
    try:
        company = OpenCompany(settings)
    except CompanyInUse:
        if settings.database_url:
            raise  # no socket leads to those who have it
        token_path = settings.data / TOKEN_FILE
        if not settings.socket.exists() or not token_path.exists():
            raise ServerSilent(f"{settings.data} is in use, but no server answers at {settings.socket}") from None
        headers = {"Authorization": f"Bearer {token_path.read_text().strip()}"}
        transport = httpx.HTTPTransport(uds=str(settings.socket))
        with httpx.Client(transport=transport, base_url=BASE, headers=headers, timeout=600) as served:
            yield served
        return
    try:
        app = create_app(company, "local")
        with anyio.from_thread.start_blocking_portal() as portal:
            transport_here = _Here(portal, httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False))
            headers = {"Authorization": "Bearer local"}
            with httpx.Client(transport=transport_here, base_url=BASE, headers=headers, timeout=600) as opened:
                yield opened
            portal.call(company.stop_reading)
    finally:
        company.close()


class _Here(httpx.BaseTransport):
    """Plain calls into the application, for the time of one command."""

    def __init__(self, portal: Any, transport: httpx.ASGITransport) -> None:
        self.portal = portal
        self.transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def send() -> httpx.Response:
            wrapped = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            response = await self.transport.handle_async_request(wrapped)
            # As it came, perhaps packed: the response made of it below unpacks it once more.
            body = b"".join([chunk async for chunk in response.aiter_raw()])
            return httpx.Response(response.status_code, headers=response.headers, content=body)

        answer: httpx.Response = self.portal.call(send)
        return answer
