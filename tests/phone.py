"""A phone without a screen: it keeps a chain, signs like a phone, and speaks the protocol. For tests and benchmarks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.documents import Book
from server.ids import uuid7
from server.keys import SigningKey
from sync.chain import b64, hash_of
from sync.numbering import voucher_number


@dataclass(slots=True)
class Kept:
    """An entry as the phone keeps it."""

    seq: int
    id: str
    kind: str
    envelope: bytes
    body: bytes
    sig: str
    hash: bytes

    def wire(self) -> bytes:
        return b'{"envelope":%b,"body":%b,"sig":"%b"}' % (self.envelope, self.body, self.sig.encode())


@dataclass(slots=True)
class Phone:
    """One device. `company` and `device` are given at enrolment; `key` signs."""

    company: str
    device: str
    user: str
    key: SigningKey = field(default_factory=lambda: SigningKey.new("device"))
    entries: list[Kept] = field(default_factory=list)
    leaf: int = 0
    book: Book | None = None
    deposits: int = 0
    code: str = "K7"
    acked: int = 0
    pruned: int = 0
    now: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    @property
    def seq(self) -> int:
        """How many entries it has written."""
        return self.pruned + len(self.entries)

    def prune(self) -> None:
        """Let go of all entries but the last."""
        self.pruned += len(self.entries[:-1])
        del self.entries[:-1]

    @property
    def head(self) -> bytes:
        return self.entries[-1].hash if self.entries else b""

    def write(self, kind: str, body: Any, *, by: str = "", sign: bool = True, **envelope: Any) -> Kept:
        """Append one entry to the chain. Keywords replace envelope fields, for entries that are wrong on purpose."""
        body_bytes = body if isinstance(body, bytes) else msgspec.json.encode(body)
        fields: dict[str, Any] = {
            "v": 1,
            "company": self.company,
            "device": self.device,
            "seq": self.seq + 1,
            "prev": b64(self.head),
            "by": by or self.user,
            "at": self.now.isoformat(timespec="seconds"),
            "kind": kind,
            "id": uuid7(datetime.now(UTC)),
            "body_hash": b64(hash_of(body_bytes)),
        } | envelope
        raw = msgspec.json.encode(fields)
        sig = self.key.sign(raw) if sign else "A" * 86
        kept = Kept(fields["seq"], fields["id"], kind, raw, body_bytes, sig, hash_of(raw))
        self.entries.append(kept)
        return kept

    def receipt(self, customer: str, amount: int, *, currency: str = "EGP", sign: bool = True, **body: Any) -> Kept:
        """Issue the next voucher of the book: cash of `amount` minor units unless `tenders` says otherwise."""
        assert self.book is not None
        self.leaf = max(self.leaf + 1, self.book.first)
        tenders = body.pop("tenders", [{"method": "cash", "currency": currency, "amount": amount}])
        allocations = body.pop("allocations", [])
        total = sum(tender["amount"] for tender in tenders)
        fields = {
            "customer": customer,
            "book": self.book.id,
            "leaf": self.leaf,
            "number": voucher_number(self.book, self.leaf),
            "currency": currency,
            "tenders": tenders,
            "allocations": allocations,
            "on_account": total - sum(one["amount"] for one in allocations),
        } | body
        return self.write("receipt_issued", fields, sign=sign)

    def push(self, first: int, last: int = 0, *, carrier: str | None = None, **head: Any) -> bytes:
        """The body of a push of entries first … last (1-based seq), or to the newest."""
        sent = [kept for kept in self.entries if first <= kept.seq <= (last or self.seq)]
        fields = {
            "carrier": self.device if carrier is None else carrier,
            "device": self.device,
            "seq": self.seq,
            "hash": b64(self.head),
        } | head
        text = msgspec.json.encode(fields)
        sig = self.key.sign(text) if fields["carrier"] == self.device else ""
        return b'{"head":%b,"entries":[%b],"sig":"%b"}' % (
            msgspec.json.encode(text.decode()),
            b",".join(kept.wire() for kept in sent),
            sig.encode(),
        )


def challenge_answer(phone: Phone, challenge: str) -> dict[str, str]:
    return {"device": phone.device, "challenge": challenge, "sig": phone.key.sign(challenge.encode())}
