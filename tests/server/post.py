"""A real mail server and a real HTTP gateway on this machine: what Sanad sends to customers arrives here."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.server.served import free_port

SENDER = "receipts@delta.example"


class PostOffice:
    """An SMTP server. answers: what it says to recipients and to messages, by address; else it takes them.
    arriving: called with each message before it is acknowledged."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: dict[str, str] = {}
        self.arriving: Callable[[], None] = lambda: None
        self.logins: list[str] = []
        self.port = free_port()
        self.tls = tls
        self.login = login
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        user = f"{self.login[0]}:{self.login[1]}@" if self.login else ""
        off = "" if self.tls else "&tls=off"
        return f"smtp://{user}localhost:{self.port}?from={SENDER}{off}"

    def open(self) -> None:
        more: dict[str, Any] = {"tls_context": self.tls, "require_starttls": True} if self.tls else {}
        if self.login:
            more |= {"authenticator": self._authenticate, "auth_required": True}
        self._controller = Controller(self, hostname="localhost", port=self.port, **more)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _authenticate(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        right = self.login == (data.login.decode(), data.password.decode())
        return AuthResult(success=right, handled=False)

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert [letter["To"]] == envelope.rcpt_tos
        self.letters.append(letter)
        self.arriving()
        return "250 taken"


@dataclass
class Hook:
    """An HTTP endpoint. told: path and body of each call. status: what it answers."""

    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: int = 200
    port: int = 0

    @property
    def url(self) -> str:
        return f"json://localhost:{self.port}/send/{{phone}}"

    def open(self) -> None:
        hook = self

        class Called(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if hook.status == 200:
                    hook.told.append((self.path, body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_said: Any) -> None:
                """Nobody reads along."""

        self._server = ThreadingHTTPServer(("localhost", 0), Called)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
