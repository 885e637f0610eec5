"""E-mail through the company's own mail server.

`SANAD_SMTP_URL` is `smtps://user:password@host:465?from=receipts@company.example` (TLS from the first byte) or
`smtp://…:587?from=…` (STARTTLS, which must then be offered). `tls=off` sends in the clear, for a server on this machine
or in the same closed network. In user, password and `from` what a URL cannot say is written as `%40` and the like.
"""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from server.notify.letter import Letter, compose
from server.notify.sending import BadSender, Job, NotNow, Refused
from server.paper.writing import clean

PATIENCE_SECONDS = 15.0
"""For each answer of the mail server."""
PORTS = {"smtp": 587, "smtps": 465}
_SHAPE = "SANAD_SMTP_URL is smtp[s]://user:password@host:port?from=address"


@dataclass(frozen=True, slots=True)
class MailServer:
    """tls: start (from the first byte), upgrade (STARTTLS, insisted upon), off."""

    host: str
    port: int
    sender: str
    sender_name: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: str = "upgrade"

    @classmethod
    def parse(cls, url: str) -> Self:
        """BadSender says what is wrong, and never repeats the password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadSender(f"{_SHAPE}; its host or port is none") from error
        query = dict(parse_qsl(parts.query))
        name, sender = parseaddr(query.pop("from", "") or unquote(parts.username or ""))
        asked = query.pop("tls", "")
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadSender(_SHAPE)
        if query:
            raise BadSender(f"SANAD_SMTP_URL knows from and tls, not {', '.join(query)}")
        if asked not in ("", "off") or (asked == "off" and parts.scheme == "smtps"):
            raise BadSender("tls in SANAD_SMTP_URL can be off with smtp://, or is left out")
        if sender.count("@") != 1:
            raise BadSender(f"{_SHAPE}; without from the user is the sender, and must be an address")
        return cls(
            parts.hostname, port or PORTS[parts.scheme], sender, name,
            unquote(parts.username or ""), unquote(parts.password or ""),
            "start" if parts.scheme == "smtps" else asked or "upgrade",
        )  # fmt: skip

    def connect(self) -> smtplib.SMTP:
        """Ready to take messages. Raises as smtplib does."""
        context = ssl.create_default_context()
        if self.tls == "start":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=PATIENCE_SECONDS)
        try:
            if self.tls == "upgrade":
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


class Mail:
    """See `sending.Sender`. The line to the mail server stays open from one message to the next until `rest`."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self._line: smtplib.SMTP | None = None

    def send(self, job: Job) -> None:
        self.post(message(self.server, job.customer.email, compose(job), job))

    def post(self, letter: EmailMessage) -> None:
        line = self._connected()
        try:
            line.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            self._after(line)
            raise _said(next(iter(error.recipients.values()))[0]) from error
        except smtplib.SMTPSenderRefused as error:
            self._after(line)
            raise NotNow(f"the sender is refused: {error.smtp_code}", everyone=True) from error
        except smtplib.SMTPNotSupportedError as error:  # a server that cannot write such an address
            self._after(line)
            raise Refused("bad_address", "the mail server does not take such an address") from error
        except smtplib.SMTPResponseException as error:
            self._after(line)
            raise _said(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:  # cut off: the next message tries a line of its own
            self._hang_up()
            raise NotNow(_brief(error)) from error

    def _connected(self) -> smtplib.SMTP:
        if self._line is None:
            try:
                self._line = self.server.connect()
            except (smtplib.SMTPException, OSError) as error:
                raise NotNow(f"{self.server.host}:{self.server.port}: {_brief(error)}", everyone=True) from error
        return self._line

    def _after(self, line: smtplib.SMTP) -> None:
        """After a refusal the line is good for the next message, unless the server has hung up."""
        if line.sock is None:
            self._hang_up()

    def rest(self) -> None:
        if self._line is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._line.quit()
            self._hang_up()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _said(code: int) -> Refused | NotNow:
    """5yz is the last word (RFC 5321, 4.2.1); anything else may change. The text beside it may name the customer."""
    return Refused("rejected", f"answer {code}") if 500 <= code < 600 else NotNow(f"answer {code}")


def _brief(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return f"{type(error).__name__}: {error}"


def message(server: MailServer, to: str, letter: Letter, job: Job) -> EmailMessage:
    """Plain text, and HTML beside it. The same notice always has the same Message-ID, so that who sorts mail can see
    that a second copy is one. Refused where the address is none."""
    made = _headed(server, to, job.company.name, letter.subject)
    made["Date"] = format_datetime(datetime.fromisoformat(job.notice.at).astimezone(UTC))
    name = sha256(f"{job.company.id} {job.notice.id}".encode()).hexdigest()[:32]
    made["Message-ID"] = f"<{name}@{server.sender.rpartition('@')[2]}>"
    made.set_content(letter.text)
    made.add_alternative(letter.html, subtype="html")
    made["Content-Language"] = ", ".join(letter.languages)
    return made


def trial(server: MailServer, to: str) -> EmailMessage:
    """For who sets a server up and wants to see whether it sends."""
    made = _headed(server, to, "Sanad", "رسالة تجربة من سند · A trial message from Sanad")
    made["Date"] = format_datetime(datetime.now(UTC))
    made.set_content("وصلت الرسالة، فالإرسال يعمل.\n\nIt has arrived, so sending works.\n")
    return made


def _headed(server: MailServer, to: str, name: str, subject: str) -> EmailMessage:
    made = EmailMessage()
    try:
        made["From"] = Address(clean(server.sender_name or name), addr_spec=server.sender)
        made["To"] = Address(addr_spec=to)
    except (ValueError, IndexError, HeaderParseError, MessageError) as error:
        raise Refused("bad_address", type(error).__name__) from error
    made["Subject"] = subject
    made["Auto-Submitted"] = "auto-generated"
    return made
