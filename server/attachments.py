"""Photos and signatures on disk: each under its SHA-256, written once."""

import os
from pathlib import Path


def put_away(folder: Path, name: str, raw: bytes) -> bool:
    """Durable before it is acknowledged: written beside, synced, renamed into place."""
    target = folder / name[:2] / name
    if target.exists():
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(f".{os.getpid()}.part")
    with beside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return True
