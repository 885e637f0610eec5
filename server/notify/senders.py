"""The ways of telling customers that this server has been given."""

from schemas.entries.notices import Channel
from server.notify.gateway import Gateway
from server.notify.mail import Mail, MailServer
from server.notify.sending import Sender
from server.settings import Settings

CHANNELS: tuple[Channel, ...] = ("email", "message")


def senders_of(settings: Settings) -> dict[Channel, Sender]:
    """BadSender when the environment names one that cannot be right."""
    found: dict[Channel, Sender] = {}
    if settings.smtp_url:
        found["email"] = Mail(MailServer.parse(settings.smtp_url))
    if settings.notify_urls:
        found["message"] = Gateway(settings.notify_urls.split())
    return found
