"""SMS and WhatsApp through the gateway that a company has: Apprise speaks to a hundred of them.

`SANAD_NOTIFY_URLS` is one or more of Apprise's addresses, parted by blanks, each with `{phone}` where the customer's
number goes (`+201001234567`): `whatsapp://token@sender/{phone} twilio://sid:token@+15550100/{phone}`. They are tried in
their order until one takes the message.
"""

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from server.notify.letter import compose
from server.notify.numbers import international
from server.notify.sending import BadSender, Job, NotNow, Refused

if TYPE_CHECKING:
    from apprise import AppriseAsset

PLACE = "{phone}"


class Gateway:
    """See `sending.Sender`. The library knows a hundred gateways and takes seconds to load them all, so it is loaded
    with the first message, in the sender's own thread."""

    def __init__(self, urls: list[str]) -> None:
        for url in urls:
            if PLACE not in url or "://" not in url:
                raise BadSender(
                    f"each address in SANAD_NOTIFY_URLS has {PLACE} for the customer's number; {_way(url)} has none"
                )
        self.urls = urls
        self._asset: AppriseAsset | None = None

    def send(self, job: Job) -> None:
        number = international(job.customer.phone, job.company.country)
        if not number:
            raise Refused("bad_address", "no number that could be dialled")
        self.post(number, compose(job).brief)

    def post(self, number: str, text: str) -> None:
        from apprise import Apprise, AppriseAsset, PersistentStoreMode  # noqa: PLC0415 -- see above

        if self._asset is None:
            self._asset = AppriseAsset(storage_mode=PersistentStoreMode.MEMORY, allow_templates=False)
        for url in self.urls:
            one = Apprise(asset=self._asset)
            if not one.add(url.replace(PLACE, quote(number, safe=""))):
                raise NotNow(f"the library does not know {_way(url)} or finds something missing in it", everyone=True)
            if one.notify(body=text):
                return
        raise NotNow(f"not taken by {', '.join(map(_way, self.urls))}")

    def rest(self) -> None:
        """Nothing is kept open."""


def _way(url: str) -> str:
    """Which address is meant, without what is secret in it."""
    return f"{urlsplit(url).scheme or url[:12]}://…"
