-- One company in one schema. Tables and columns are those of sqlite.sql, which says what they mean; texts sort by their
-- bytes as they do there. Nothing refers to another schema, so that schemas can live on different nodes.

-- The company's pen: who holds this row may write. It says where the journal stands, how many words there are, and the
-- last record number, so that these are given out in commit order by any number of servers.
CREATE TABLE tip (
    one      boolean PRIMARY KEY CHECK (one),
    position bigint NOT NULL,
    h        bytea  NOT NULL,
    words    bigint NOT NULL,
    records  bigint NOT NULL
);
INSERT INTO tip VALUES (true, 0, '', 0, 0);

-- The servers that write, and how many transactions each has finished: after a lost connection this tells whether the
-- last one came through.
CREATE TABLE server (run text COLLATE "C" PRIMARY KEY, turn bigint NOT NULL);

CREATE TABLE journal (
    position bigint   PRIMARY KEY,
    device   bigint   NOT NULL,
    seq      bigint   NOT NULL,
    online   smallint NOT NULL,
    fork     smallint NOT NULL,
    envelope bytea    NOT NULL,
    body     bytea    NOT NULL,
    sig      text     NOT NULL COLLATE "C",
    hash     bytea    NOT NULL,
    stamp    bytea    NOT NULL,
    h        bytea    NOT NULL
);
CREATE TABLE head (device bigint PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL, position bigint NOT NULL)
    WITH (fillfactor = 70);
CREATE TABLE chain (
    device   bigint   NOT NULL,
    seq      bigint   NOT NULL,
    position bigint   NOT NULL,
    hash     bytea    NOT NULL,
    verdict  text     NOT NULL COLLATE "C",
    flags    text     NOT NULL COLLATE "C",
    fork     smallint NOT NULL,
    PRIMARY KEY (device, seq, position)
);
CREATE INDEX chain_flagged ON chain (position) WHERE flags <> '' OR verdict <> 'accepted';

CREATE TABLE word (no bigint PRIMARY KEY, text text NOT NULL COLLATE "C" UNIQUE);

CREATE TABLE record (
    no   bigint PRIMARY KEY,
    type text   NOT NULL COLLATE "C",
    id   text   NOT NULL COLLATE "C",
    rev  bigint NOT NULL,
    grp  bigint NOT NULL,
    body bytea  NOT NULL,
    UNIQUE (type, id)
) WITH (fillfactor = 80);
CREATE INDEX record_group ON record (grp) WHERE grp > 0;
CREATE TABLE feed (
    scope bigint   NOT NULL,
    rec   bigint   NOT NULL,
    rev   bigint   NOT NULL,
    gone  smallint NOT NULL,
    PRIMARY KEY (scope, rec)
);
CREATE INDEX feed_rev ON feed (scope, rev);
CREATE TABLE posting (
    account  bigint NOT NULL,
    position bigint NOT NULL,
    line     bigint NOT NULL,
    day      bigint NOT NULL,
    currency text   NOT NULL COLLATE "C",
    amount   bigint NOT NULL,
    PRIMARY KEY (account, position, line)
);
CREATE TABLE balance (
    account  bigint NOT NULL,
    currency text   NOT NULL COLLATE "C",
    amount   bigint NOT NULL,
    PRIMARY KEY (account, currency)
) WITH (fillfactor = 70);

CREATE TABLE meta (key text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE server_key (
    key text COLLATE "C" PRIMARY KEY, purpose text NOT NULL, private bytea NOT NULL, retired bigint NOT NULL
);
CREATE TABLE credential ("user" text COLLATE "C" PRIMARY KEY, login text NOT NULL COLLATE "C" UNIQUE, hash text NOT NULL);
CREATE TABLE enrolment_code (
    code text COLLATE "C" PRIMARY KEY, purpose text NOT NULL, "user" text NOT NULL, branch text NOT NULL,
    expires_at text NOT NULL, used_by text NOT NULL DEFAULT '', made_by text NOT NULL
);
CREATE TABLE release_key (device text COLLATE "C" PRIMARY KEY, key bytea NOT NULL);
CREATE TABLE contact (device text COLLATE "C" PRIMARY KEY, at text NOT NULL, head text NOT NULL);
