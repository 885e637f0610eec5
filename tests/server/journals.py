"""Journals of this version and of those before it, kept so that a later one is held to them.

They are lives of the simulated world that hold every kind of entry and every flag between them. `journals.jsonl.gz` is
only added to: `python -m tests.server.journals 734 354 …` puts the lives of these seeds behind those that are there.
"""

import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from server.settings import Settings
from server.store.port import Shelf
from server.store.secrets import keep_meta
from server.store.sqlite import SqliteStore
from sync.chain import running_hash

FILE = Path(__file__).with_name("journals.jsonl.gz")
COLUMNS = ("position", "device", "seq", "online", "fork", "envelope", "body", "sig", "stamp")


def journals() -> list[dict[str, Any]]:
    """{company, devices: names by number from 1, rows: COLUMNS, bytes as latin-1 text}, one for each life."""
    return [json.loads(line) for line in gzip.decompress(FILE.read_bytes()).splitlines()]


def laid_out(journal: dict[str, Any], folder: Path) -> Settings:
    """A company that holds the journal and nothing that is made from it."""
    folder.mkdir()
    settings = Settings(folder)
    with closing(SqliteStore(settings.journal)) as store:
        store.begin()
        store.fill("word", list(enumerate(journal["devices"], 1)))
        store.fill("journal", list(_whole(journal["rows"])))
        keep_meta(store, "company", journal["company"])
        store.commit()
    return settings


def _whole(rows: list[list[Any]]) -> Iterator[tuple[Any, ...]]:
    h = b""
    for position, device, seq, online, fork, *texts in rows:
        envelope, body, sig, stamp = (text.encode("latin-1") for text in texts)
        own = sha256(envelope).digest()
        h = running_hash(h, own, stamp)
        yield position, device, seq, online, fork, envelope, body, sig.decode(), own, stamp, h


def _written_down(company: str, shelf: Shelf) -> dict[str, Any]:
    names = dict(shelf.select("SELECT no, text FROM word WHERE no IN (SELECT device FROM journal) ORDER BY no"))
    numbers = {no: index for index, no in enumerate(names, 1)}
    rows = [
        [position, numbers[device], seq, online, fork, envelope.decode("latin-1"), body.decode("latin-1"), sig,
         stamp.decode("latin-1")]
        for position, device, seq, online, fork, envelope, body, sig, stamp
        in shelf.select(f"SELECT {', '.join(COLUMNS)} FROM journal ORDER BY position")
    ]  # fmt: skip
    return {"company": company, "devices": list(names.values()), "rows": rows}


def main() -> None:
    from tests.world.office import COMPANY  # noqa: PLC0415 -- only whoever adds to the file needs a world
    from tests.world.world import World  # noqa: PLC0415

    lives = journals() if FILE.exists() else []
    for seed in sys.argv[1:]:
        with TemporaryDirectory() as folder:
            world = World(int(seed), Path(folder))
            world.run()
            with closing(world.office.place.shelf()) as shelf:
                lives.append(_written_down(COMPANY, shelf))
            world.office.close()
    text = "\n".join(json.dumps(life, ensure_ascii=False) for life in lives)
    FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
