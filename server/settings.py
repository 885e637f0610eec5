"""Settings from the environment, read once at the start."""

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """data: folder of the company (journal, attachments, socket). database_url: keeps the journal in PostgreSQL,
    e.g. `postgresql://sanad@localhost/sanad?schema=delta`. replica_url: a standby of it, from
    which reports are read. base_url: the company's web address for life, as QR codes
    carry it; empty: what the company was set up with. pwa: the built application. smtp_url, notify_urls: the mail
    server and the gateways through which customers are told of their vouchers (`server.notify.mail`, `gateway`)."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8321
    base_url: str = ""
    database_url: str = ""
    replica_url: str = ""
    pwa: Path = Path(__file__).parent.parent / "pwa" / "dist"
    smtp_url: str = field(default="", repr=False)
    notify_urls: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls) -> "Settings":
        return cls(
            data=Path(os.environ.get("SANAD_DATA", "data")),
            host=os.environ.get("SANAD_HOST", "127.0.0.1"),
            port=int(os.environ.get("SANAD_PORT", "8321")),
            database_url=os.environ.get("SANAD_DATABASE_URL", ""),
            replica_url=os.environ.get("SANAD_REPLICA_URL", ""),
            base_url=os.environ.get("SANAD_BASE_URL", "").rstrip("/"),
            smtp_url=os.environ.get("SANAD_SMTP_URL", ""),
            notify_urls=os.environ.get("SANAD_NOTIFY_URLS", ""),
        )

    @property
    def journal(self) -> Path:
        return self.data / "company.sqlite"

    @property
    def attachments(self) -> Path:
        return self.data / "attachments"

    @property
    def socket(self) -> Path:
        return self.data / "sanad.sock"
