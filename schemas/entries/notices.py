"""Telling a customer what became of a voucher. No address and no text of a message stands here: who was told is the
customer's own matter."""

from typing import Literal

from schemas.entries.shapes import Id, NotNegative, Shape

Channel = Literal["email", "message"]
"""How a customer is told. message: SMS, WhatsApp, whatever the company's gateway brings to a telephone."""
Told = Literal["issued", "voided", "reversed"]
"""What a customer is told of a voucher."""
Outcome = Literal["sent", "refused", "gave_up"]
"""sent: a mail server or gateway took it. refused: it will never take it. gave_up: the time for it is over."""
Reason = Literal["", "bad_address", "rejected", "unreachable", "turned_off"]
"""Why it was not sent. rejected: by the mail server or gateway. unreachable: no server or gateway took it in time.
turned_off: the company no longer tells customers in this way."""


class CustomerNotified(Shape, frozen=True):
    """The server told a customer of a voucher, or could not. tries: how often it was tried, this one counted."""

    receipt: Id
    what: Told
    channel: Channel
    outcome: Outcome
    reason: Reason = ""
    tries: NotNegative = 0
