"""Pull: everyone is sent what is theirs and nothing else, and no change is ever skipped."""

import gzip
import json
from datetime import date
from typing import Any

import pytest

from schemas.entries.customers import ItemsUpserted, StatedItem
from server.feed import TABLED_FROM, Cursor, Page, page_of
from server.writes import write
from sync.chain import unb64
from tests.server.small_office import DAY, Office, applied, code_of

DAY_OF_ITEMS = date(2026, 11, 1)
ITEMS_OF_OMAR = [f"itm_{n}{part}" for n in (1, 2, 3) for part in "ab"]
CHEQUE = {"method": "cheque", "currency": "EGP", "bank": "NBE", "number": "000123", "due": "2026-12-01"}


def load(office: Office, login: str, cursor: str = "") -> tuple[dict[tuple[str, str], Any], str]:
    """All pages from a cursor on, as a client keeps them, and the last cursor."""
    documents: dict[tuple[str, str], Any] = {}
    while True:
        reply = office.pull(login, cursor)
        applied(documents, reply)
        cursor = reply["cursor"]
        if not reply["more"]:
            return documents, cursor


def types(documents: dict[tuple[str, str], Any]) -> set[str]:
    return {type_name for type_name, _ in documents}


def assign(office: Office, action: str, login: str, *customers: str) -> None:
    wish = {"collector": f"usr_{login}", "customers": list(customers), "action": action}
    assert office.post("/assignments", "nadia", wish).status_code == 200


# ---- scopes


def test_a_phone_is_sent_its_own_and_nothing_of_others(office: Office):
    """A phone's load holds its portfolio, plan, visits, books, vouchers, custody and deposits; no other one's."""
    omar, hany = office.phone("omar"), office.phone("hany")
    for login in ("omar", "hany"):
        office.call("PUT", f"/plans/usr_{login}/{DAY}", "nadia", json={"stops": ["cus_1"]})
    for phone in (omar, hany):
        phone.write("visit_started", {"customer": "cus_1"})
        office.receipt(phone, "cus_1", 0, tenders=[{**CHEQUE, "amount": 5_000, "number": phone.code}])
        office.receipt(phone, "cus_1", 1_000)
        totals = [{"currency": "EGP", "method": "cash", "count": 1, "amount": 1_000}]
        office.declare(phone, totals)

    documents, _ = load(office, "omar")

    assert types(documents) == {
        "company", "server_key", "person", "user", "device", "customer", "item", "plan", "visit", "book", "voucher",
        "cheque", "custody", "deposit",
    }  # fmt: skip
    assert {id for kind, id in documents if kind == "customer"} == {"cus_1", "cus_2", "cus_3"}
    assert {id for kind, id in documents if kind == "item"} == set(ITEMS_OF_OMAR)
    assert {id for kind, id in documents if kind in ("user", "custody")} == {"usr_omar"}
    assert {id for kind, id in documents if kind == "device"} == {omar.device}
    owners = {
        "voucher": "by", "cheque": "collector", "deposit": "collector", "visit": "user", "plan": "user",
        "book": "holder",
    }  # fmt: skip
    for (kind, _), document in documents.items():
        if kind in owners:
            assert document[owners[kind]] == "usr_omar"
    raw = json.dumps(list(documents.values()))
    for secret in (hany.device, "cus_4", "usr_hany|", *(f'"{kept.id}"' for kept in hany.entries)):
        assert secret not in raw


def test_the_office_is_not_sent_the_company(office: Office):
    """Supervisor and administrator screens read by query and never mirror the company."""
    office.receipt(office.phone())
    for login in ("nadia", "tarek"):
        assert types(load(office, login)[0]) == {"company", "server_key", "person"}


def test_a_desk_is_sent_what_its_branch_needs(office: Office):
    """Before a count: the blind face of the deposit. After it: the deposit and its cheques, at this branch only."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 10_000)
    office.receipt(phone, "cus_2", 0, tenders=[{**CHEQUE, "amount": 5_000}])
    totals = [
        {"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000},
        {"currency": "EGP", "method": "cheque", "count": 1, "amount": 5_000},
    ]
    deposit = office.declare(phone, totals)

    before, cursor = load(office, "mona")
    assert types(before) == {"company", "server_key", "person", "phone_key", "safe", "deposit_waiting"}
    waiting = before["deposit_waiting", deposit]
    assert (waiting["name"], waiting["collector"], waiting["instruments"]) == (f"{phone.code}-0001", "usr_omar", 1)

    office.count(desk, deposit, 10_000, [{"number": "123", "currency": "EGP", "amount": 5_000}])
    after, cursor = load(office, "mona", cursor)
    assert types(after) == {"deposit", "cheque", "deposit_waiting"}
    assert after["deposit", deposit]["totals"] == totals
    assert {kind for kind, id in load(office, "sherif")[0] if id == deposit or id.startswith(deposit)} == set()

    count = next(kept.id for kept in desk.entries if kept.kind == "deposit_counted")
    desk.write("deposit_accepted", {"deposit": deposit, "count": count})
    assert office.hand_in(desk)["outcomes"][0] == {"seq": 3, "position": office.company.position, "verdict": "accepted"}
    fresh, _ = load(office, "mona")
    assert ("deposit_waiting", deposit) not in fresh
    assert fresh["safe", "usr_mona"]["cash"] == {"EGP": 10_000}
    assert fresh["safe", "usr_mona"]["cheques"] == {"EGP": 5_000}


def test_a_cashier_of_another_branch_never_sees_the_deposit(office: Office):
    """A deposit belongs to its branch's desks, before and after the count."""
    phone, desk = office.phone(), office.desk("mona")
    office.receipt(phone)
    deposit = office.declare(phone, [{"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000}])

    for _ in range(2):
        assert code_of(office.get(f"/deposits/{deposit}", "sherif")) == "not_allowed"
        assert office.get("/deposits", "sherif").json() == []
        assert deposit not in json.dumps(office.pull("sherif"))
        if len(desk.entries) == 1:
            office.count(desk, deposit, 10_000)


# ---- leaving and coming


def test_what_leaves_the_portfolio_is_told_and_comes_back(office: Office):
    """Unassigned: the customer and its items are told with doc null. Assigned again: they come whole. Vouchers stay."""
    phone = office.phone()
    voucher = office.receipt(phone, "cus_2")
    documents, cursor = load(office, "omar")

    assign(office, "unassign", "omar", "cus_2")
    reply = office.pull("omar", cursor)
    gone = {(one["type"], one["id"]) for one in reply["changes"] if one["doc"] is None}
    assert gone == {("customer", "cus_2"), ("item", "itm_2a"), ("item", "itm_2b")}
    applied(documents, reply)
    assert ("voucher", voucher) in documents

    assign(office, "assign", "omar", "cus_2")
    reply = office.pull("omar", reply["cursor"])
    back = {(one["type"], one["id"]) for one in reply["changes"] if one["doc"] is not None}
    assert gone <= back
    applied(documents, reply)
    assert documents == load(office, "omar")[0]

    assign(office, "unassign", "omar", "cus_2")
    applied(documents, office.pull("omar", reply["cursor"]))
    fresh, _ = load(office, "omar")
    assert documents == fresh
    assert ("customer", "cus_2") not in fresh


# ---- cursors


def test_a_cursor_from_before_a_restore_starts_a_reload(office: Office):
    """The same position with another running hash is another journal."""
    cursor = Cursor.parse(load(office, "omar")[1])
    assert cursor is not None
    other = Cursor(cursor.position, cursor.record, bytes(8)).text()

    assert office.pull("omar", other)["reload"] is True
    assert "reload" not in office.pull("omar", cursor.text())


def test_a_cursor_of_another_users_scopes_starts_a_reload(office: Office):
    """On a desk that a supervisor used in between, the cashier is still sent all that is hers."""
    phone = office.phone()
    office.receipt(phone, "cus_1", 1_000)
    _, cursor = load(office, "nadia")

    reply = office.pull("mona", cursor)

    assert reply["reload"] is True
    documents: dict[tuple[str, str], Any] = {}
    applied(documents, reply)
    assert documents == load(office, "mona")[0]


def test_a_cursor_at_the_tip_brings_nothing_until_something_changes(office: Office):
    """Pull costs what changed: nothing changed, nothing comes."""
    phone = office.phone()
    _, cursor = load(office, "omar")
    assert office.pull("omar", cursor)["changes"] == []

    office.receipt(phone, "cus_1", 1_000, allocations=[{"item": "itm_1a", "amount": 1_000}])

    changed = {(one["type"], one["id"]) for one in office.pull("omar", cursor)["changes"]}
    assert changed == {
        ("item", "itm_1a"),
        ("custody", "usr_omar"),
        ("voucher", phone.entries[-1].id),
        ("book", office.books(phone)[0].id),
    }


def test_the_position_says_when_an_own_entry_is_in_the_load(office: Office, small_pages: None):
    """An entry leaves the overlay only with the last page of a load that reaches it; earlier pages claim less."""
    phone = office.phone()
    _, cursor = load(office, "omar")
    positions = []
    for _ in range(4):
        phone.receipt("cus_1", 1_000)
        positions.append(office.hand_in(phone)["acked"]["position"])
    seen: set[str] = set()
    while True:
        reply = office.pull("omar", cursor)
        seen |= {one["id"] for one in reply["changes"]}
        for position, kept in zip(positions, phone.entries[1:], strict=True):
            if reply["position"] >= position:
                assert kept.id in seen
        cursor = reply["cursor"]
        if not reply["more"]:
            break
    assert reply["position"] >= positions[-1]
    assert unb64(cursor)


# ---- the wire


def test_a_pull_is_packed_when_asked(office: Office):
    """A long reply comes as gzip to whoever takes it, and plain to whoever does not."""
    packed = office.get("/sync/pull", "omar", headers={"Accept-Encoding": "gzip"})
    plain = office.get("/sync/pull", "omar", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert gzip.compress(plain.content)


def test_a_long_page_tells_many_documents_field_by_field(office: Office):
    """Who asks for tables is told the same documents, figure for figure; whoever does not know them is told none."""
    due = DAY_OF_ITEMS
    items = [
        StatedItem(f"itm_{n:03}", "cus_1", f"INV-{n}", "EGP", due, due, 100 + n, to_deliver=n % 7 == 0)
        for n in range(TABLED_FROM)
    ]
    office.run(lambda writer: write(writer, "items_upserted", ItemsUpserted(items)))

    plain, tabled = office.pull("omar"), office.pull("omar", tables="1")

    assert "tables" not in plain
    [table] = tabled["tables"]
    assert (table["type"], len(table["columns"][0])) == ("item", len(items) + len(ITEMS_OF_OMAR))
    assert all(change["type"] != "item" for change in tabled["changes"])
    one_by_one: dict[tuple[str, str], Any] = {}
    applied(one_by_one, plain)
    together: dict[tuple[str, str], Any] = {}
    applied(together, tabled)
    for row in zip(*table["columns"], strict=True):
        document = {name: value for name, value in zip(table["fields"], row, strict=True) if value is not None}
        together["item", document["id"]] = document
    assert together == one_by_one


def test_what_left_is_never_told_in_a_table(office: Office):
    """A table has no place for a thing that left; it is told by itself, however many stay."""
    cursor = office.pull("omar")["cursor"]
    items = [
        StatedItem(f"itm_{n:03}", "cus_1", f"INV-{n}", "EGP", DAY_OF_ITEMS, DAY_OF_ITEMS, 100 + n)
        for n in range(TABLED_FROM)
    ]
    office.run(lambda writer: write(writer, "items_upserted", ItemsUpserted(items)))
    assign(office, "unassign", "omar", "cus_2")

    told = office.pull("omar", cursor, tables="1")

    assert {(one["type"], one["id"]) for one in told["changes"] if one["doc"] is None} >= {
        ("customer", "cus_2"), ("item", "itm_2a"), ("item", "itm_2b"),
    }  # fmt: skip
    assert len(told["tables"][0]["columns"][0]) == len(items)


def test_a_pull_needs_a_login(office: Office):
    """Nobody is sent anything without a valid login of an active user on an active device."""
    phone = office.phone()
    for headers in (
        {},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer é"},
        office.bearer("omar", lives=-1),
        office.bearer("nobody"),
        office.bearer("omar", "dev_NOBODY"),
    ):
        encoded = {name: value.encode() for name, value in headers.items()}
        assert code_of(office.call("GET", "/sync/pull", headers=encoded)) == "not_logged_in"
    headers = office.bearer("omar", phone.device)
    assert office.call("GET", "/sync/pull", headers=headers).status_code == 200
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "gone", "state": "lost"})
    assert code_of(office.call("GET", "/sync/pull", headers=headers)) == "not_logged_in"


class Looking:
    """A reader of what is committed now."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def rows(self, sql: str, *parameters: Any) -> list[Any]:
        return self.office.select(sql, *parameters)

    def page(self, cursor: str, epoch: str, size: int = 1000) -> Page:
        with pytest.raises(StopIteration) as done:  # it waits for nothing
            page_of(self, ["all"], cursor, epoch, size).send(None)
        page: Page = done.value.value
        return page


def test_a_cursor_amid_pages_does_not_outlive_a_restore(office: Office):
    """A document that changed while the pages were fetched waits for a later page. If a restore takes the change back,
    the page that would have had it is behind the cursor: all is loaded anew. A whole load goes on from where it was."""
    looking = Looking(office)
    first, whole = looking.page("", "1", 1), looking.page("", "1")

    assert first.more
    assert b'"reload":true' not in looking.page(first.cursor, "1", 1).body
    assert b'"reload":true' in looking.page(first.cursor, "2", 1).body
    assert b'"reload":true' not in looking.page(whole.cursor, "2").body
