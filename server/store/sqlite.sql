-- The journal: entries as they came, and their stamps. Nothing here is ever updated or deleted.
CREATE TABLE journal (
    position INTEGER PRIMARY KEY,
    device   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    online   INTEGER NOT NULL,
    fork     INTEGER NOT NULL,
    envelope BLOB NOT NULL,
    body     BLOB NOT NULL,
    sig      TEXT NOT NULL,
    hash     BLOB NOT NULL,
    stamp    BLOB NOT NULL,
    h        BLOB NOT NULL
) STRICT;

-- Where each chain stands, and what is at each of its places; clustered so that a backlog pushed again is one scan.
CREATE TABLE head (device INTEGER PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL, position INTEGER NOT NULL) STRICT;
CREATE TABLE chain (
    device   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    verdict  TEXT NOT NULL,
    flags    TEXT NOT NULL,
    fork     INTEGER NOT NULL,
    PRIMARY KEY (device, seq, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX chain_flagged ON chain (position) WHERE flags <> '' OR verdict <> 'accepted';

-- Long words as small numbers: devices, groups, scopes, accounts. Only ever grows.
CREATE TABLE word (no INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

-- Projections.
CREATE TABLE record (
    no   INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    id   TEXT NOT NULL,
    rev  INTEGER NOT NULL,
    grp  INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (type, id)
) STRICT;
CREATE INDEX record_group ON record (grp) WHERE grp > 0;
CREATE TABLE feed (
    scope INTEGER NOT NULL,
    rec   INTEGER NOT NULL,
    rev   INTEGER NOT NULL,
    gone  INTEGER NOT NULL,
    PRIMARY KEY (scope, rec)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_rev ON feed (scope, rev);
CREATE TABLE posting (
    account  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    line     INTEGER NOT NULL,
    day      INTEGER NOT NULL,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    PRIMARY KEY (account, position, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE balance (
    account  INTEGER NOT NULL,
    currency TEXT NOT NULL,
    amount   INTEGER NOT NULL,
    PRIMARY KEY (account, currency)
) STRICT, WITHOUT ROWID;

-- Beside the journal: secrets and contacts, which are no facts of the company.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE server_key (key TEXT PRIMARY KEY, purpose TEXT NOT NULL, private BLOB NOT NULL, retired INTEGER NOT NULL) STRICT;
CREATE TABLE credential (user TEXT PRIMARY KEY, login TEXT NOT NULL UNIQUE, hash TEXT NOT NULL) STRICT;
CREATE TABLE enrolment_code (
    code TEXT PRIMARY KEY, purpose TEXT NOT NULL, user TEXT NOT NULL, branch TEXT NOT NULL,
    expires_at TEXT NOT NULL, used_by TEXT NOT NULL DEFAULT '', made_by TEXT NOT NULL
) STRICT;
CREATE TABLE release_key (device TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT;
CREATE TABLE contact (device TEXT PRIMARY KEY, at TEXT NOT NULL, head TEXT NOT NULL) STRICT;
