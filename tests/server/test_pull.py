"""Pull: everyone is sent what is theirs and nothing else, and no change is ever skipped."""

import functools
import gzip
import json
from random import Random
from typing import Any

import pytest

from schemas.entries.customers import CustomersAssigned, ItemsUpserted, StatedItem
from server import feed
from server.feed import Cursor, Page, page_of
from server.inbox import Writer
from server.routes import sync as sync_routes
from server.writes import write
from sync.chain import b64, unb64
from tests.server.small_office import DAY, Office, applied, code_of

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


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three changes."""
    monkeypatch.setattr(sync_routes, "page_of", functools.partial(feed.page_of, page=3))


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
    assert {id for kind, id in documents if kind == "item"} == {f"itm_{n}{part}" for n in (1, 2, 3) for part in "ab"}
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
    assert types(before) == {"company", "server_key", "person", "safe", "deposit_waiting"}
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


def test_l42_no_reply_to_a_cashier_holds_declared_figures_before_the_count(office: Office):
    """Every door a cashier has is opened and its raw bytes searched: what was declared is in none of them."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 7_654_321)
    office.receipt(phone, "cus_2", 1_111_111)
    office.receipt(phone, "cus_3", 0, tenders=[{**CHEQUE, "amount": 3_141_592}])
    totals = [
        {"currency": "EGP", "method": "cash", "count": 2, "amount": 8_765_432},
        {"currency": "EGP", "method": "cheque", "count": 1, "amount": 3_141_592},
    ]
    deposit = office.declare(phone, totals)
    secrets = (b"8765432", b"3141592", b"87,654.32", b"31,415.92", b"87654.32", b"31415.92", b"000123")
    doors = [
        "/deposits", "/deposits?state=declared", "/deposits?state=counted", f"/deposits/{deposit}",
        f"/deposits/{deposit}/slip.pdf", "/sync/pull", "/books", "/customers", "/customers?search=shop", "/users",
        "/devices", "/board", "/flags", "/void-requests", f"/plans/usr_omar/{DAY}", "/reports/aging", "/health",
    ]  # fmt: skip

    def seen() -> dict[str, list[bytes]]:
        found = {}
        for door in doors:
            for headers in (office.bearer("mona"), office.bearer("mona", desk.device)):
                raw = office.call("GET", door, headers=headers).content
                found[door] = [secret for secret in secrets if secret in raw]
        return {door: told for door, told in found.items() if told}

    assert seen() == {}
    assert code_of(office.get(f"/deposits/{deposit}", "mona")) == "still_blind"
    assert code_of(office.get(f"/deposits/{deposit}/slip.pdf", "mona")) == "still_blind"

    # The search is no vain one: after the count the same bytes are there.
    office.count(desk, deposit, 8_765_432, [{"number": "123", "currency": "EGP", "amount": 3_141_592}])
    assert {"/sync/pull", f"/deposits/{deposit}"} <= seen().keys()


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


def test_l26_a_customer_moves_from_one_phone_to_another(office: Office):
    """The new collector is sent the customer and items; a voucher that the old one issued before is still accepted."""
    phone = office.phone("omar")
    kept = phone.receipt("cus_3", 2_500, allocations=[{"item": "itm_3a", "amount": 2_500}])
    assign(office, "unassign", "omar", "cus_3")
    assign(office, "assign", "hany", "cus_3")

    reply = office.hand_in(phone)

    assert reply["outcomes"][-1]["verdict"] == "accepted"
    assert reply["outcomes"][-1]["flags"] == ["customer_not_assigned"]
    hany, _ = load(office, "hany")
    assert hany["item", "itm_3a"]["open"] == 97_500
    assert kept.id not in json.dumps(list(hany.values()))
    assert ("item", "itm_3a") not in load(office, "omar")[0]


# ---- cursors


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage", "!", "é", "AAAA", "a" * 5000, b64(b"1.2"), b64(b"x.y.z"), b64(b"-5.0.12345678"),
        b64(b"9999999999999999999999.0.12345678"), b64(b"0.9999999999999999999999.12345678"),
        b64(b"3.0.\x00\x00\x00\x00\x00\x00\x00\x00"), b64(b"999999.0.12345678"), b64(b"1e3.0.12345678"),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_l32_a_cursor_that_is_not_ours_starts_a_reload(office: Office, cursor: str):
    """Garbage, or a cursor of another journal, is answered with reload and a full load, never with an error."""
    office.phone()

    reply = office.pull("omar", cursor)

    assert reply["reload"] is True
    documents: dict[tuple[str, str], Any] = {}
    applied(documents, reply)
    assert documents == load(office, "omar")[0]
    assert "reload" not in office.pull("omar", reply["cursor"])


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


# ---- no change is skipped


@pytest.mark.parametrize("seed", range(4))
def test_l29_no_change_is_skipped_whatever_is_written_between_pages(office: Office, small_pages: None, seed: int):
    """Random writes between the pages of a load: when it ends, the client holds what a fresh load brings."""
    random = Random(seed)
    phone = office.phone()
    assigned = {"cus_1", "cus_2", "cus_3"}

    def change() -> None:
        match random.randrange(6):
            case 0:
                phone.receipt(random.choice(["cus_1", "cus_2"]), random.randint(1, 9_000))
                office.hand_in(phone)
            case 1:
                customer = random.choice(["cus_1", "cus_2", "cus_3", "cus_4", "cus_5"])
                body = CustomersAssigned("usr_omar", [customer], "unassign" if customer in assigned else "assign")
                office.run(lambda writer: write(writer, "customers_assigned", body))
                assigned.symmetric_difference_update({customer})
            case 2 | 3:
                office.run(lambda writer: state_item(writer, random))
            case 4:
                stops = random.sample(["cus_1", "cus_2", "cus_3"], 2)
                office.call("PUT", f"/plans/usr_omar/{DAY}", "nadia", json={"stops": stops})
            case _:
                pass

    documents: dict[tuple[str, str], Any] = {}
    cursor, rounds = "", 0
    while True:
        reply = office.pull("omar", cursor)
        assert len(reply["changes"]) <= 3
        applied(documents, reply)
        cursor = reply["cursor"]
        rounds += 1
        if rounds < 25 and phone.leaf < 18:
            for _ in range(random.randrange(3)):
                change()
        elif not reply["more"]:
            break

    assert rounds > 10
    assert documents == load(office, "omar")[0]


def state_item(writer: Writer, random: Random) -> None:
    customer = random.randint(1, 5)
    number = random.randint(1, 6)
    item = StatedItem(
        f"itm_{customer}_{number}", f"cus_{customer}", f"N-{number}", "EGP", DAY, DAY, random.randint(1, 9) * 100
    )
    write(writer, "items_upserted", ItemsUpserted([item]))


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
