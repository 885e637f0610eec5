"""Backup and restore: what a phone wrote or was granted is never lost with a disk, and no number comes twice."""

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import Flag
from schemas.documents import Book, Custody, Device, Voucher
from schemas.entries.customers import CustomersAssigned
from schemas.entries.people import UserEnrolled
from server import backup, recovery
from server.attachments import put_away
from server.backup import NoBackup, NoRecoveryKey, write_backup
from server.company import OpenCompany
from server.inbox import Writer
from server.reports.restored import after_restore
from server.restore import CompanyExists, restore
from server.settings import Settings
from server.store.opening import NoCompany, open_shelf
from server.store.secrets import RESTORING, keep_meta, keys_of
from server.verify import verify
from server.writes import assign_book, write
from tests.phone import Phone
from tests.server.engines import Engine, OneDatabase
from tests.server.served import Sanad
from tests.server.small_office import Office, found_company, opened
from tests.server.test_epochs import hand_back, titles

PASSPHRASE = recovery.new_passphrase()
RECOVERY = recovery.make(PASSPHRASE)


def elsewhere(engine: Engine, folder: Path) -> Settings:
    """A place without a company, on the same engine."""
    return engine.settings(folder) if isinstance(engine, OneDatabase) else Settings(folder)


@pytest.fixture
def kept(small_books: Office) -> Office:
    """An office with a recovery key."""
    small_books.run(lambda writer: recovery.keep(writer.store, RECOVERY))
    return small_books


def taken(office: Office, path: Path) -> Path:
    write_backup(office.company.settings, path, office.clock())
    return path


# ---- the file


def test_a_backup_is_whole_and_gives_no_secret_away(kept: Office, tmp_path: Path):
    """It is taken beside the open company, readable by its owner alone, and holds no key or password in the clear."""
    phone = kept.phone()
    kept.receipt(phone)
    path = taken(kept, tmp_path / "monday.sanad")

    checked = backup.read(path)
    plain = gzip.decompress(path.read_bytes())
    with closing(open_shelf(kept.company.settings)) as shelf:
        secret = [bytes(row[0]) for row in shelf.select("SELECT private FROM server_key")]
        secret += [row[0].encode() for row in shelf.select("SELECT hash FROM credential")]

    assert checked.top.position == kept.company.position == checked.counts["journal"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret
    assert not any(one in plain for one in secret)
    assert kept.company.token_secret.encode() not in plain
    assert not (tmp_path / "monday.sanad.part").exists()


def test_a_company_without_recovery_key_is_told_how_to_get_one(office: Office, tmp_path: Path):
    with pytest.raises(NoRecoveryKey, match="sanad recovery"):
        write_backup(office.company.settings, tmp_path / "file", office.clock())


def frames(path: Path) -> Iterator[bytes]:
    raw = gzip.decompress(path.read_bytes())
    while raw:
        size = 4 + int.from_bytes(raw[:4], "big")
        yield raw[:size]
        raw = raw[size:]


def packed(path: Path, parts: list[bytes]) -> Path:
    path.write_bytes(gzip.compress(b"".join(parts)))
    return path


def test_a_backup_that_was_cut_or_changed_says_so(kept: Office, tmp_path: Path):
    """Cut anywhere, a frame left out, one changed byte, the seal of another backup: each is named, none is restored."""
    kept.receipt(kept.phone())
    path = taken(kept, tmp_path / "whole")
    raw, parts = path.read_bytes(), list(frames(path))
    kept.receipt(kept.phone("hany"), "cus_4")
    later = list(frames(taken(kept, tmp_path / "later")))
    bad = tmp_path / "bad"
    at = next(index for index, part in enumerate(parts) if b"journal" in part[:20])
    changed = parts[at].replace(b"cus_1", b"cus_2", 1)
    wrong: dict[str, bytes] = {
        "cut": raw[: len(raw) // 2],
        "no gzip": b"hello",
        "no seal": packed(bad, parts[:-1]).read_bytes(),
        "cut in a frame": packed(bad, [*parts[:-1], parts[-1][:-3]]).read_bytes(),
        "left out": packed(bad, [*parts[: at + 1], *parts[at + 2 :]]).read_bytes(),
        "changed": packed(bad, [*parts[:at], changed, *parts[at + 1 :]]).read_bytes(),
        "mixed": packed(bad, [*parts[:-1], later[-1]]).read_bytes(),
    }
    for name, content in wrong.items():
        bad.write_bytes(content)
        with pytest.raises(NoBackup) as told:
            backup.read(bad)
        assert str(told.value), name
        with pytest.raises(NoBackup):
            restore(Settings(tmp_path / "never"), bad, PASSPHRASE)
    assert not (tmp_path / "never").exists()


# ---- the restore


def test_a_restore_asks_for_the_right_passphrase_and_an_empty_place(kept: Office, engine: Engine, tmp_path: Path):
    path = taken(kept, tmp_path / "file")
    place = elsewhere(engine, tmp_path / "new")
    with pytest.raises(recovery.WrongPassphrase):
        restore(place, path, recovery.new_passphrase())
    made = restore(place, path, f" {PASSPHRASE.lower().replace('-', ' ')} ")
    with pytest.raises(CompanyExists):
        restore(place, path, PASSPHRASE)

    company = OpenCompany(place)
    assert made.epoch == 2
    assert company.epoch == "2"
    assert {use: key.id for use, key in company.keys.items()} == {use: key.id for use, key in kept.company.keys.items()}
    assert company.token_secret == kept.company.token_secret
    company.close()


def test_an_interrupted_restore_is_served_by_nobody_and_runs_again(kept: Office, engine: Engine, tmp_path: Path):
    kept.receipt(kept.phone())
    path = taken(kept, tmp_path / "file")
    place = elsewhere(engine, tmp_path / "new")
    restore(place, path, PASSPHRASE)
    company = OpenCompany(place)
    company.run_now(lambda writer: keep_meta(writer.store, RESTORING, "as if killed before the epoch began"))
    company.close()

    with pytest.raises(NoCompany, match="restore was interrupted"):
        OpenCompany(place)
    assert restore(place, path, PASSPHRASE).epoch == 2
    with closing(open_shelf(place)) as shelf:
        assert list(verify(shelf)) == []
        assert set(keys_of(shelf)) == {"sign", "seal"}


def test_attachments_come_back(kept: Office, engine: Engine, tmp_path: Path):
    raw = b"a photo"
    name = sha256(raw).hexdigest()
    put_away(kept.company.settings.attachments, name, raw)
    place = elsewhere(engine, tmp_path / "new")

    restore(place, taken(kept, tmp_path / "file"), PASSPHRASE)

    assert (place.attachments / name[:2] / name).read_bytes() == raw


# ---- the drill

COLLECTORS = [f"c{n}" for n in range(10)]


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


@dataclass
class Hour:
    """What happened after the backup. voided: by an approval that the backup does not know."""

    phones: list[Phone]
    devices: list[Phone]
    voided: Any
    unsent: Any
    late: Phone


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


def test_l34_the_drill(kept: Office, engine: Engine, tmp_path: Path):
    """Ten devices; the server's disk is lost, and a backup of an hour ago restored. Nothing that a device wrote or was
    granted is missing at the end, no number is given twice, and the office's work that must be done again is named."""
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


# ---- at the command line


def test_recovery_backup_and_restore_at_the_command_line(sanad: Sanad, tmp_path: Path):
    """As an administrator does it: the passphrase once, a backup, a lost folder, a restore, a clean `verify`."""
    folder = tmp_path / "company"
    found_company(Settings(folder))
    said = sanad("recovery", data=folder)
    passphrase = next(word for word in said.split() if word.count("-") == 5)
    file = tmp_path / "backup.sanad"
    assert "read back and whole" in sanad("backup", str(file), data=folder)
    shutil.rmtree(folder)

    written_down = tmp_path / "paper"
    written_down.write_text(f"{passphrase}\n")
    restored = sanad("restore", str(file), "--passphrase-file", str(written_down), data=folder)

    assert "epoch 2 has begun" in restored
    assert "must be done again" in restored
    assert sanad("verify", data=folder)
    assert json.loads(sanad("report", "restored", "--format", "json", data=folder))["epoch"] == 2
    assert "already" in sanad("restore", str(file), "--passphrase-file", str(written_down), data=folder, wrong=True)
