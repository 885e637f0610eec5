"""Backup and restore: what a phone wrote or was granted is never lost with a disk, and no number comes twice."""

import gzip
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from server import backup, recovery
from server.attachments import put_away
from server.backup import NoBackup, NoRecoveryKey, write_backup
from server.company import OpenCompany
from server.restore import CompanyExists, restore
from server.settings import Settings
from server.store.opening import NoCompany, open_shelf
from server.store.secrets import RESTORING, keep_meta, keys_of
from server.verify import verify
from tests.server.engines import Engine, OneDatabase
from tests.server.served import Sanad
from tests.server.small_office import Office, found_company

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
