"""The command line: it checks, repairs, imports and reports, with a server running and without."""

import csv
import json
import shutil
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.documents import Customer, Item, Voucher
from server.settings import Settings
from server.store.opening import open_shelf
from server.store.sqlite import connect
from server.verify import verify
from tests.server.served import Sanad, copied
from tests.server.small_office import found_company, opened


@pytest.fixture(scope="module")
def busy(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company that has seen vouchers, a void, a cheque, a deposit and a hole."""
    folder = tmp_path_factory.mktemp("busy") / "company"
    shutil.copytree(founded, folder)
    office = opened(Settings(folder))
    with office.client:
        phone, desk = office.phone(), office.desk()
        office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 4_000}])
        visit = phone.write("visit_started", {"customer": "cus_2"})
        gone = phone.receipt("cus_2", 2_000, visit=visit.id)
        phone.write("receipt_voided", {"receipt": gone.id, "reason": "misprint"})
        office.hand_in(phone)
        totals = [{"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000}]
        deposit = office.declare(phone, totals)
        count = office.count(desk, deposit, 9_900)
        desk.write("deposit_accepted", {"deposit": deposit, "count": count})
        office.hand_in(desk)
        phone.receipt("cus_1", 700)
        phone.receipt("cus_1", 800)
        assert office.push(phone, len(phone.entries), missing=[[7, 7]]).status_code == 200
    office.close()
    return folder


@pytest.fixture
def data(busy: Path, tmp_path: Path) -> Path:
    return copied(busy, tmp_path)


def faults(data: Path) -> list[str]:
    db = open_shelf(Settings(data=data))
    found = [str(fault) for fault in verify(db)]
    db.close()
    return found


def first_fault(data: Path) -> str:
    db = open_shelf(Settings(data=data))
    found = next(verify(db), None)
    db.close()
    return str(found)


def change(data: Path, sql: str, *parameters: Any) -> None:
    db = connect(data / "company.sqlite")
    assert db.execute(sql, parameters).rowcount == 1
    db.close()


def a_receipt(data: Path) -> int:
    """Journal position of the first voucher."""
    db = connect(data / "company.sqlite", read_only=True)
    (position,) = db.execute(
        "SELECT min(position) FROM journal WHERE instr(envelope, CAST('\"receipt_issued\"' AS BLOB))"
    ).fetchone()
    db.close()
    return int(position)


def flip(data: Path, column: str, position: int, at: int = -1) -> None:
    """Change one bit of one byte."""
    db = connect(data / "company.sqlite")
    (raw,) = db.execute(f"SELECT {column} FROM journal WHERE position = ?", (position,)).fetchone()
    text = isinstance(raw, str)
    changed = bytearray(raw.encode() if text else raw)
    changed[at if at >= 0 else len(changed) // 2] ^= 1
    value = changed.decode() if text else bytes(changed)
    db.execute(f"UPDATE journal SET {column} = ? WHERE position = ?", (value, position))
    db.close()


# ---- verify


def test_an_untouched_company_adds_up(sanad: Sanad, data: Path):
    """verify says how many entries it read and ends with 0."""
    assert faults(data) == []
    assert "chains, signatures, books and money add up" in sanad("verify", data=data)


@pytest.mark.parametrize(
    ("column", "names"),
    [
        ("envelope", "envelope's hash differs"),
        ("body", "body is not the one that was signed"),
        ("sig", "made this signature"),
        ("hash", "envelope's hash differs"),
        ("stamp", "running hash breaks here"),
        ("h", "running hash breaks here"),
    ],
)
def test_one_changed_byte_of_the_journal_is_named(sanad: Sanad, data: Path, column: str, names: str):
    """Whatever byte of an entry or its stamp is changed, the first fault names its position, and verify ends with 1."""
    position = a_receipt(data)
    flip(data, column, position)

    fault = first_fault(data)

    assert f"position {position}:" in fault
    assert names in fault
    if column in ("body", "stamp"):
        assert fault in sanad("verify", data=data, wrong=True)


def test_every_byte_of_an_entry_counts(data: Path):
    """A change of any single byte of a voucher's envelope, body or stamp is found."""
    position = a_receipt(data)
    db = connect(data / "company.sqlite")
    for column in ("envelope", "body", "stamp", "sig"):
        (raw,) = db.execute(f"SELECT {column} FROM journal WHERE position = ?", (position,)).fetchone()
        for at in range(0, len(raw), 7):
            flip(data, column, position, at)
            assert f"position {position}:" in first_fault(data), f"{column}[{at}]"
            db.execute(f"UPDATE journal SET {column} = ? WHERE position = ?", (raw, position))
    db.close()
    assert faults(data) == []


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("UPDATE posting SET amount = amount + 1 WHERE rowid_of = 1", "ledger"),
        ("UPDATE balance SET amount = amount + 1 WHERE rowid_of = 1", "ledger"),
        ("DELETE FROM posting WHERE rowid_of = 1", "ledger"),
        ("SET '$.open', 1 WHERE id = 'itm_1a'", "item INV-1a"),
        ("SET '$.credit.EGP', 1 WHERE id = 'cus_1'", "customer C-1"),
        ("SET '$.cash.EGP', 1 WHERE type = 'custody'", "custody usr_omar"),
        ("SET '$.cash.EGP', 1 WHERE type = 'safe' AND id = 'usr_mona'", "safe usr_mona"),
        ("SET '$.issued', 'f' WHERE type = 'book' AND CAST(body AS TEXT) LIKE '%\"first\":1,%'",
         "leaf 3"),
        ("DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)", "chain"),
        ("DELETE FROM journal WHERE position = 5", "expected position 5"),
        ("UPDATE head SET seq = seq - 1 WHERE device = (SELECT max(device) FROM head)", "head of"),
        ("DELETE FROM chain WHERE position = 9", "position 9"),
        ("UPDATE chain SET hash = x'00' WHERE position = 9", "position 9"),
        ("UPDATE chain SET verdict = 'refused' WHERE position = 9", "position 9"),
    ],
)  # fmt: skip
def test_tampering_beside_the_journal_is_named(data: Path, sql: str, names: str):
    """Postings, balances, documents, heads and places must be what the journal says."""
    if "rowid_of" in sql:
        table = "posting" if "posting" in sql else "balance"
        keys = "account, position, line" if table == "posting" else "account, currency"
        sql = sql.replace("rowid_of = 1", f"({keys}) = (SELECT {keys} FROM {table} LIMIT 1)")
    if sql.startswith("SET "):
        what, _, where = sql.removeprefix("SET ").partition(" WHERE ")
        sql = f"UPDATE record SET body = CAST(json_set(CAST(body AS TEXT), {what}) AS BLOB) WHERE {where}"
    change(data, sql)

    assert names in first_fault(data)


# ---- rebuild


def test_an_untouched_company_rebuilds_to_the_same_bytes(sanad: Sanad, data: Path):
    """Replay never judges again: projections come out the same to the byte."""
    assert "to the same bytes" in sanad("rebuild", data=data)


def test_a_rebuild_restores_tampered_projections(sanad: Sanad, data: Path):
    """Whatever was changed in the projections, the journal makes them again, and says that they differed."""
    before = sorted(connect(data / "company.sqlite").execute("SELECT type, id, body FROM record").fetchall())
    change(data, "UPDATE record SET body = CAST('{\"id\":\"cus_1\"}' AS BLOB) WHERE id = 'cus_1'")
    db = connect(data / "company.sqlite")
    db.execute("DELETE FROM feed")
    db.execute("UPDATE posting SET amount = 0")
    db.execute("DELETE FROM balance")
    db.close()

    assert "have been made anew" in sanad("rebuild", data=data)

    assert sorted(connect(data / "company.sqlite").execute("SELECT type, id, body FROM record").fetchall()) == before
    assert faults(data) == []
    assert "to the same bytes" in sanad("rebuild", data=data)


def test_a_rebuild_refuses_while_a_server_runs(sanad: Sanad, data: Path):
    """The process that owns the file alone may touch it."""
    with sanad.serving(data):
        assert "open in another process" in sanad("rebuild", data=data, wrong=True)
        assert "add up" in sanad("verify", data=data)


def test_a_rejudge_agrees_with_what_was_stamped(sanad: Sanad, data: Path):
    """Today's rules, asked again, say what the stamps say."""
    said = sanad("verify", "--rejudge", data=data)

    assert "→" not in said


# ---- with a server and without


@pytest.fixture(params=[True, False], ids=["beside a server", "alone"])
def company(request: pytest.FixtureRequest, sanad: Sanad, data: Path) -> Iterator[Path]:
    with sanad.serving(data) if request.param else nullcontext():
        yield data


def documents(data: Path, shape: type[Any], type_name: str) -> list[Any]:
    db = open_shelf(Settings(data=data))
    found = [
        msgspec.json.decode(body, type=shape)
        for (body,) in db.select("SELECT body FROM record WHERE type = ? ORDER BY no", type_name)
    ]
    db.close()
    return found


def length(data: Path) -> int:
    db = open_shelf(Settings(data=data))
    (count,) = db.select("SELECT count(*) FROM journal")[0]
    db.close()
    return int(count)


def test_enrol_makes_a_code_that_works(sanad: Sanad, company: Path):
    """A code for a phone by login and for a desk by branch; the same calls through the socket or alone."""
    phone = sanad("enrol", "OMAR", data=company)
    desk = sanad("enrol", "brn_giz", "--desk", data=company)

    db = open_shelf(Settings(data=company))
    codes = dict(db.select("SELECT code, purpose || ' ' || user || branch FROM enrolment_code WHERE used_by = ''"))
    db.close()
    for said, wanted in ((phone, "phone usr_omarbrn_cai"), (desk, "desk brn_giz")):
        line = said.splitlines()[-1]
        code, link = line.split()[:2]
        assert codes[code] == wanted
        assert link == f"https://sanad.example/enrol#{code}"
    assert "no user has the login nobody" in sanad("enrol", "nobody", data=company, wrong=True)
    assert "phones are for active collectors" in sanad("enrol", "mona", data=company, wrong=True)


def test_report_is_the_same_in_every_format(sanad: Sanad, company: Path):
    """Table, JSON and CSV say the same amounts, which are those of the books."""
    plain = json.loads(sanad("report", "aging", "--format", "json", data=company))
    table = sanad("report", "aging", data=company)
    sheet = list(csv.DictReader(sanad("report", "aging", "--format", "csv", data=company).splitlines()))

    first = next(row for row in plain["customers"] if row["code"] == "C-1")
    assert (first["owed"], first["net"]) == (196_000, 196_000 - 6_000 - 800)
    assert plain["totals"]["EGP"]["net"] == sum(row["net"] for row in plain["customers"])
    line = next(row for row in sheet if row["code"] == "C-1")
    assert (line["owed"], line["net"], line["currency"]) == ("1,960.00", "1,892.00", "EGP")
    assert "1,892.00" in table
    assert "buckets must rise" in sanad("report", "aging", "--buckets", "30,10", data=company, wrong=True)


def test_an_import_writes_changes_once(sanad: Sanad, company: Path, tmp_path: Path):
    """Dry run writes nothing; the import writes; the same file again changes nothing; one change writes one row."""
    file = tmp_path / "customers.csv"
    file.write_text("code,name,currency,collector\nN-1,First,EGP,omar\nN-2,Second,EGP,omar\n")
    before = length(company)

    assert "2 new" in sanad("import", "customers", str(file), "--dry-run", data=company)
    assert length(company) == before
    assert "2 new, 0 changed, 0 the same" in sanad("import", "customers", str(file), data=company)
    once = length(company)
    assert once > before
    assert "0 new, 0 changed, 2 the same" in sanad("import", "customers", str(file), data=company)
    assert length(company) == once
    file.write_text("code,name,currency,collector\nN-1,First,EGP,omar\nN-2,Second & Sons,EGP,omar\n")
    assert "0 new, 1 changed, 1 the same" in sanad("import", "customers", str(file), data=company)
    assert {one.name for one in documents(company, Customer, "customer")} >= {"First", "Second & Sons"}


def known(sanad: Sanad, data: Path, folder: Path) -> None:
    """Customer C-1 as an ERP states it: its id follows from its code."""
    file = folder / "c-1.csv"
    file.write_text("code,name,currency\nC-1,Corner [shop],EGP\n")
    assert "1 new" in sanad("import", "customers", str(file), data=data)


def test_bad_rows_are_named_with_line_and_reason(sanad: Sanad, company: Path, tmp_path: Path):
    """Every line is imported or named with its number, column, value and why; the good ones come in."""
    file = tmp_path / "items.csv"
    file.write_text(
        "customer,number,date,due,original,currency\n"
        "C-1,G-1,2026-01-31,2026-03-02,100.00,EGP\n"
        "C-1,,2026-01-31,2026-03-02,100.00,EGP\n"
        "C-99,B-2,2026-01-31,2026-03-02,100.00,EGP\n"
        "C-1,B-3,2026-02-31,2026-03-02,100.00,EGP\n"
        "C-1,B-4,2026-01-31,2026-03-02,lots,EGP\n"
        "C-1,B-5,2026-01-31,2026-03-02,0,EGP\n"
        "C-1,B-6,2026-01-31,2026-03-02,1.234,EGP\n"
        "C-1,B-7,2026-01-31,2026-03-02,100.00,XXX\n"
        "C-1,B-9,2026-01-31,2026-03-02,[/b]x[red],EGP\n"
        "C-1,G-8,2026-01-31,2026-03-02,200.00,EGP\n"
    )

    known(sanad, company, tmp_path)

    said = sanad("import", "items", str(file), "--decimal", ".", data=company)

    assert "2 new" in said
    assert "8 lines were not imported" in said
    for line, word in [(3, "number"), (4, "customer"), (5, "date"), (6, "original"), (7, "original"), (8, "original"),
                       (9, "currency"), (10, "[/b]x[red]")]:  # fmt: skip
        row = next(row for row in said.splitlines() if f"│ {line} " in row)
        assert word in row
    numbers = {one.number for one in documents(company, Item, "item")}
    assert {"G-1", "G-8"} <= numbers
    assert not any(number.startswith("B-") for number in numbers)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["import", "customers", "none.csv"], "No such file"),
        (["import", "items", "dates.csv"], "--dates"),
        (["import", "customers", "picture.csv"], ""),
        (["import", "items", "open.csv"], "--until"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    sanad: Sanad, company: Path, tmp_path: Path, words: list[str], why: str
):
    """One line says what to do; nothing is written."""
    (tmp_path / "dates.csv").write_text(
        "customer,number,date,due,original,currency\nC-1,X,03/04/2026,05/06/2026,1,EGP\n"
    )
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    (tmp_path / "open.csv").write_text("customer,number,date,due,open,currency\nC-1,O-1,2026-01-01,2026-02-01,5,EGP\n")
    before = length(company)
    if "open.csv" in words:
        known(sanad, company, tmp_path)
        sanad(*words[:2], str(tmp_path / "open.csv"), data=company)
        before = length(company)

    said = sanad(*words[:2], str(tmp_path / words[2]), data=company, wrong=True)

    assert why in said
    assert length(company) == before


# ---- a collection is never subtracted twice


def test_open_amounts_never_subtract_a_collection_twice(sanad: Sanad, founded: Path, tmp_path: Path):
    """An opening, collections, and the ERP's later open amounts with the journal position that they include."""
    data = copied(founded, tmp_path)
    known(sanad, data, tmp_path)
    file = tmp_path / "open.csv"

    def state(amount: str, *words: str, wrong: bool = False) -> str:
        file.write_text(f"customer,number,date,due,open,currency\nC-1,OP-1,2026-10-01,2026-11-01,{amount},EGP\n")
        return sanad("import", "items", str(file), *words, data=data, wrong=wrong)

    def item() -> Item:
        found: Item = next(one for one in documents(data, Item, "item") if one.number == "OP-1")
        return found

    state("1000.00")
    assert (item().open, item().kind) == (100_000, "opening")
    before = length(data)
    office = opened(Settings(data))
    with office.client:
        phone = office.phone()
        office.receipt(phone, item().customer, 30_000, allocations=[{"item": item().id, "amount": 30_000}])
    office.close()
    collected = length(data)
    assert item().open == 70_000

    # Without a position the file is refused, whatever it says.
    assert "subtracted twice" in state("700.00", wrong=True)
    # The ERP has not heard of the collection yet: it states the position before it.
    state("1000.00", "--until", str(before), "--as-of", "2026-11-22")
    assert item().open == 70_000
    # It has heard of it.
    state("700.00", "--until", str(collected), "--as-of", "2026-11-22")
    assert item().open == 70_000
    # It settled 100.00 by itself and has heard of the collection.
    state("600.00", "--until", str(collected), "--as-of", "2026-11-22")
    assert (item().open, [one.amount for one in item().settlements]) == (60_000, [10_000])
    once = length(data)
    state("600.00", "--until", str(collected), "--as-of", "2026-11-22")
    assert length(data) == once
    # A position that the journal has not reached can be in no ERP's figures.
    assert "journal position" in state("600.00", "--until", str(once + 1), wrong=True)
    assert faults(data) == []
    assert len(documents(data, Voucher, "voucher")) == 1


# ---- real exports


def cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part or 0)


@pytest.fixture(scope="module")
def invoices(sanad: Sanad, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A company with 2,466 real invoices, the file, and what the import said."""
    folder = tmp_path_factory.mktemp("invoices")
    data, file = found_company(Settings(folder / "company")).data, real_data / "ibm-ar" / "late-payments.csv"
    mapping = folder / "customers.toml"
    mapping.write_text('[columns]\ncustomerID = "code"\ncountryCode = "name"\n[options]\ncurrency = "USD"\n')
    customers = sanad("import", "customers", str(file), "--map", str(mapping), data=data)
    assert "100 new" in customers
    return data, file, sanad("import", "items", str(file), "--dates", "month-first", "--currency", "USD", data=data)


def test_real_invoices_come_in_whole_and_once(sanad: Sanad, invoices: tuple[Path, Path, str], real_data: Path):
    """All rows of the file are new the first time and the same the second; the journal does not grow."""
    data, file, said = invoices
    truth = json.loads((real_data / "ibm-ar" / "truth.json").read_text("utf-8"))
    assert f"{truth['rows']} new, 0 changed, 0 the same" in said
    assert "were not imported" not in said
    before = length(data)

    again = sanad("import", "items", str(file), "--dates", "month-first", "--currency", "USD", data=data)

    assert f"0 new, 0 changed, {truth['rows']} the same" in again
    assert length(data) == before
    found = [one for one in documents(data, Item, "item") if one.currency == "USD"]
    assert sum(one.original for one in found) == cents(truth["total_invoiced"])


@pytest.mark.parametrize("served", [True, False])
def test_ageing_of_real_invoices_agrees_to_the_cent(
    sanad: Sanad, invoices: tuple[Path, Path, str], real_data: Path, served: bool
):
    """Both dates of the reference figures, bucket by bucket and customer by customer, by the dates of the papers."""
    data, _, _ = invoices
    truth = json.loads((real_data / "ibm-ar" / "truth.json").read_text("utf-8"))
    assert [one["as_of"] for one in truth["aging"]] == ["2012-12-31", "2013-06-30"]
    with sanad.serving(data) if served else nullcontext():
        for stated in truth["aging"]:
            words = ["--as-of", stated["as_of"], "--age-by", "due", "--basis", "document", "--buckets", "30,60,90"]
            report = json.loads(sanad("report", "aging", *words, "--format", "json", data=data))
            total = report["totals"]["USD"]
            wanted = stated["buckets"]
            labels = {"current": "not_due", "90+": "91+"}
            assert total["buckets"] == {labels.get(name, name): cents(one["amount"]) for name, one in wanted.items()}
            assert total["counts"] == {labels.get(name, name): one["count"] for name, one in wanted.items()}
            assert (total["owed"], total["overdue"]) == (cents(stated["open_amount"]), cents(stated["overdue_amount"]))
            owed = {row["code"]: row["owed"] for row in report["customers"]}
            for row in stated["top10_open_customers"]:
                assert owed[row["customer"]] == cents(row["amount"])


def test_a_company_with_real_invoices_adds_up(sanad: Sanad, invoices: tuple[Path, Path, str]):
    """verify and rebuild agree on a large import."""
    data, _, _ = invoices
    assert "add up" in sanad("verify", data=data)
    assert "to the same bytes" in sanad("rebuild", data=data)


def test_customers_of_a_trading_company_come_in(sanad: Sanad, real_data: Path, founded: Path, tmp_path: Path):
    """Names and credit limits of another real export, recognised by its headers, beside a running server."""
    data = copied(founded, tmp_path)
    file = real_data / "classicmodels-even" / "customers.csv"
    truth = json.loads((real_data / "classicmodels-even" / "truth.json").read_text("utf-8"))
    with sanad.serving(data) as (server, office):
        said = sanad("import", "customers", str(file), "--currency", "USD", data=data)
        assert f"{len(truth['customers'])} new" in said
        page = office.get("/customers", "nadia", params={"search": truth["customers"][0]["name"]}).json()
        assert [row["code"] for row in page["rows"]] == [str(truth["customers"][0]["customer"])]
        assert server.end(signal.SIGTERM) == 0
    found = {one.code: one for one in documents(data, Customer, "customer") if one.currency == "USD"}
    assert {code: one.credit_limit for code, one in found.items()} == {
        str(row["customer"]): cents(row["credit_limit"]) for row in truth["customers"]
    }
