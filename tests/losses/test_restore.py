"""A server that was set back (L34): restored from a backup, or failed over to a standby that was behind. Everything
that a phone was told is in comes in again, from the phones, and no number is given twice."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import Flag
from schemas.documents import Book, Custody, Device, Voucher
from schemas.entries.customers import CustomersAssigned
from schemas.entries.people import UserEnrolled
from server import recovery
from server.inbox import Writer
from server.reports.restored import after_restore
from server.restore import restore
from server.settings import Settings
from server.store.opening import open_shelf
from server.writes import assign_book, write
from tests.phone import Phone
from tests.server.cluster import Cluster
from tests.server.engines import Engine
from tests.server.small_office import Office, code_of, opened
from tests.server.test_backup import PASSPHRASE, RECOVERY, elsewhere, taken
from tests.server.test_epochs import Twice, hand_back, titles
from tests.server.test_postgres import check_whole
from tests.server.test_push import cash, outcomes


@pytest.fixture
def twice(office: Office, engine: Engine, tmp_path: Path) -> Iterator[Twice]:
    office.phone("hany")
    made = Twice(office, engine, tmp_path / "restored")
    yield made
    engine.done(made.backup)


COLLECTORS = [f"c{n}" for n in range(10)]


@dataclass
class Hour:
    """What happened after the backup. voided: by an approval that the backup does not know."""

    phones: list[Phone]
    devices: list[Phone]
    voided: Any
    unsent: Any
    late: Phone


def test_l34_a_restored_server_gets_everything_back(office: Office, engine: Engine, tmp_path: Path):
    """A server restored from an older copy acknowledges less than the phone was told; the phone sends again from there,
    and every voucher is back in its place."""
    phone = office.phone()
    office.receipt(phone, "cus_1", 1_000)
    backup = engine.copy(office.company.settings, tmp_path / "restored")
    for amount in (2_000, 3_000):
        office.receipt(phone, "cus_1", amount)
    told = phone.acked
    restored = opened(backup)
    with restored.client:
        acked = restored.push(phone, told + 1).json()["acked"]["seq"]
        assert acked == 2 < told
        reply = restored.push(phone, acked + 1).json()
        assert outcomes(reply) == [("accepted", []), ("accepted", [])]
        assert reply["acked"]["seq"] == told
        assert cash(restored) == 6_000
    restored.close()


def test_l34_what_was_enrolled_after_the_backup_is_known_again(twice: Twice):
    """The restored server does not know the phone; with its grants, books after device in whatever order they come, it
    does, and every voucher comes back into its books."""
    phone = twice.office.phone("omar")
    vouchers = [twice.office.receipt(phone, "cus_1", amount) for amount in (700, 900)]
    grants = titles(twice.office, phone)
    restored = twice.restore()
    with restored.client:
        assert code_of(restored.push(phone, 1)) == "device_unknown"
        assert hand_back(restored, *grants) == {"restored": 3, "known": 0}
        assert hand_back(restored, *grants) == {"restored": 0, "known": 3}
        reply = restored.push(phone, 1).json()

        assert reply["epoch"] == "2"
        assert [one["verdict"] for one in reply["outcomes"]] == ["accepted"] * len(phone.entries)
        assert [(one.id, one.flags) for one in restored.all(Voucher)] == [(id, []) for id in vouchers]
        assert restored.balance("cash/usr_omar") == 1_600
        before, after = twice.office.one(Device, phone.device), restored.one(Device, phone.device)
        assert (after.code, after.public_key, after.since, after.grant) == (
            before.code, before.public_key, before.since, before.grant,
        )  # fmt: skip
    restored.close()


def test_l34_no_number_is_given_twice_after_a_restore(twice: Twice):
    """A range given after the backup is given to nobody else: the new epoch numbers under a new prefix, whether the
    phone with the old range comes back before or after."""
    phone = twice.office.phone("omar")
    lost = {(one.series, leaf) for one in twice.office.books(phone) for leaf in range(one.first, one.last + 1)}
    grants = titles(twice.office, phone)
    restored = twice.restore()
    with restored.client:
        other = restored.phone("karim")
        third = restored.phone("omar")
        hand_back(restored, *grants)
        given = [one for one in restored.all(Book) if one.device in (other.device, third.device)]

        assert {one.series for one in given} == {"GIZB", "CAIB"}
        assert [one.first for one in given if one.series == "CAIB"] == [1, 21]
        leaves = [(one.series, leaf) for one in restored.all(Book) for leaf in range(one.first, one.last + 1)]
        assert len(leaves) == len(set(leaves))
        assert lost <= set(leaves)
        codes = [one.code for one in restored.all(Device)]
        assert len(codes) == len(set(codes))
        assert restored.receipt(third, "cus_1", 500)
        assert restored.all(Voucher)[0].number == "CAIB-000001"
    restored.close()


def a_collector(writer: Writer, login: str) -> None:
    write(writer, "user_enrolled", UserEnrolled(f"usr_{login}", login, login.upper(), "محصل", "collector", "brn_cai"))
    write(writer, "customers_assigned", CustomersAssigned(f"usr_{login}", ["cus_1", "cus_2", "cus_3"]))


def another_book(writer: Writer, device: str) -> None:
    found = writer.state().get(Device, device)
    assert found is not None
    assign_book(writer, found, 0)


def vouchers(office: Office) -> dict[str, tuple[str, str, list[int]]]:
    """Number → customer, state, amounts."""
    found = office.all(Voucher)
    assert len({voucher.number for voucher in found}) == len(found)
    return {one.number: (one.customer, one.state, [tender.amount for tender in one.tenders]) for one in found}


def number_of(entry: Any) -> str:
    return str(json.loads(entry.body)["number"])


def an_hour_of_work(office: Office, phones: list[Phone], desk: Phone) -> Hour:
    """New phones, full books, a deposit counted and accepted, an approved void, an import, a new collector."""
    office.clock.ahead(minutes=40)
    phones = phones + [office.phone(login) for login in COLLECTORS[len(phones) :]]
    for n, phone in enumerate(phones):
        for m in range(3):  # books have three leaves: each phone goes on in a book that was given after the backup
            assert phone.book is not None
            if phone.leaf == phone.book.last:
                office.open_book(phone)
            office.receipt(phone, f"cus_{m + 1}", 1_000 * (m + 1) + n)
    held = office.one(Custody, phones[0].user).cash["EGP"]
    declared = office.declare(phones[0], [{"currency": "EGP", "method": "cash", "count": 4, "amount": held}])
    count = office.count(desk, declared, held)
    cash = [{"currency": "EGP", "amount": held}]
    desk.write("deposit_accepted", {"deposit": declared, "count": count, "cash": cash})
    office.hand_in(desk)
    office.receipt(phones[1], "cus_2", 777)
    voided = phones[1].entries[-1]
    asked = phones[1].write("void_requested", {"receipt": voided.id, "reason": "wrong_amount"})
    office.hand_in(phones[1])
    assert office.post(f"/void-requests/{asked.id}/approve", "nadia", {}).status_code in (200, 201)
    phones[1].write("receipt_voided", {"receipt": voided.id, "reason": "wrong_amount", "request": asked.id})
    office.hand_in(phones[1])
    csv = b"code,name,currency\nNEW-1,New shop,EGP\n"
    assert office.call("POST", "/imports/customers?name=new.csv", "tarek", content=csv).status_code < 300
    office.run(lambda writer: a_collector(writer, "late"))
    late = office.phone("late")
    office.receipt(late, "cus~NEW-1", 4_321)
    unsent = phones[2].receipt("cus_1", 99)
    return Hour(phones, [*phones, late, desk], voided, unsent, late)


def test_l34_the_drill(small_books: Office, engine: Engine, tmp_path: Path):
    """Ten devices; the server's disk is lost, and a backup of an hour ago restored. Nothing that a device wrote or was
    granted is missing at the end, no number is given twice, and the office's work that must be done again is named."""
    kept = small_books
    kept.run(lambda writer: recovery.keep(writer.store, RECOVERY))
    for login in COLLECTORS:
        kept.run(partial(a_collector, login=login))
    phones = [kept.phone(login) for login in COLLECTORS[:7]]
    desk = kept.desk()
    for n, phone in enumerate(phones):
        kept.receipt(phone, f"cus_{n % 3 + 1}", 10_000 + n)
    path = taken(kept, tmp_path / "hourly")
    position = kept.company.position
    hour = an_hour_of_work(kept, phones, desk)
    before, custody = vouchers(kept), {one.id: one for one in kept.all(Custody)}
    granted = {device.device: titles(kept, device) for device in hour.devices}

    place = elsewhere(engine, tmp_path / "new")
    assert restore(place, path, PASSPHRASE).position == position
    again = opened(place)
    with again.client:
        for device in hour.devices:
            assert "refused" not in hand_back(again, *granted[device.device])
            reply = again.push(device, 1).json()
            assert reply["acked"]["seq"] == len(device.entries)
            assert reply["epoch"] == "2"

        # Every entry of every device, and every grant.
        stored = {(device, seq): hash for device, seq, hash, _ in again.journal()}
        for device in hour.devices:
            assert [stored[device.device, entry.seq] for entry in device.entries] == [e.hash for e in device.entries]
            assert {book.id for book in kept.books(device)} <= {book.id for book in again.books(device)}
        # Every voucher as it was, but for the void whose approval is gone; and the one that had never been sent.
        after = vouchers(again)
        assert after.pop(number_of(hour.unsent))[2] == [99]
        assert after.pop(number_of(hour.voided)) == ("cus_2", "issued", [777])
        del before[number_of(hour.voided)]
        assert after == before
        more = {hour.phones[2].user: 99, hour.phones[1].user: 777}
        for user, was in custody.items():
            now = again.one(Custody, user)
            assert now.cash.get("EGP", 0) == was.cash.get("EGP", 0) + more.get(user, 0)
            assert now.transit_cash == was.transit_cash

        # No number is given twice: new books come under the epoch's own prefix.
        for phone in hour.phones:
            again.run(partial(another_book, device=phone.device))
        leaves = [(book.series, leaf) for book in again.all(Book) for leaf in range(book.first, book.last + 1)]
        assert len(leaves) == len(set(leaves))
        known = {book.id for book in kept.all(Book)}
        assert {book.series for book in again.all(Book) if book.id not in known} == {"CAIB"}

        # What only the server had done is named.
        with closing(open_shelf(place)) as shelf:
            report = after_restore(shelf)
        assert report is not None
        assert (report.epoch, report.position) == (2, position)
        named = {(one.flag, one.what) for one in report.redo}
        assert named >= {
            (Flag.CUSTOMER_UNKNOWN, "cus~NEW-1"),
            (Flag.USER_UNKNOWN, hour.late.user),
            (Flag.REQUEST_UNKNOWN, hour.voided.id),
        }
    again.close()


def test_l34_a_standby_that_was_behind_gets_everything_back(shaky: tuple[Cluster, Settings]):
    """A failover to a database that lacks the last commits: every server notices, one epoch begins, the phones hand in
    again what was acknowledged and is gone, old cursors reload, and new books number under a new prefix."""
    cluster, settings = shaky
    with ExitStack() as stack:
        one, other = opened(settings), opened(settings)
        for office in (one, other):
            stack.callback(office.company.close)
            stack.enter_context(office.client)
        phone, idle = one.phone("omar"), one.phone("hany")
        one.receipt(phone, "cus_1", 1_000)
        other.receipt(idle, "cus_4", 1_000)
        with cluster.as_it_was():
            for _ in range(3):
                one.receipt(phone, "cus_1", 1_000)
            other.receipt(phone, "cus_1", 1_000)
            cursor = one.pull("omar")["cursor"]

        idle.receipt("cus_4", 1_000)
        phone.receipt("cus_1", 1_000)
        answer = one.push(idle).json()
        assert (answer["epoch"], answer["acked"]["seq"]) == ("2", 3)
        gap = other.push(phone)
        assert (gap.status_code, gap.json()["facts"]["expected_seq"]) == (409, 3)
        again = other.push(phone, 3).json()
        assert (again["epoch"], again["acked"]["seq"]) == ("2", 7)
        assert one.pull("omar", cursor).get("reload") is True
        check_whole(one, [idle])
        assert one.verdicts(phone) == {seq: ["accepted"] for seq in range(1, 8)}
        assert one.one(Custody, "usr_omar").cash == {"EGP": 6_000}
        began = [row for row in one.company.store.rows() if b'"kind":"epoch_began"' in row.envelope]
        assert len(began) == 1
        book = other.post("/books", "tarek", {"device": phone.device, "leaves": 5}).json()
        assert book["series"] == "CAIB"
