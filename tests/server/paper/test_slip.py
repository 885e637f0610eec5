from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.documents import Acceptance, Book, Count, Deposit
from schemas.entries.deposits import CashCount, CountedCheque, KeptBack, Variance
from schemas.entries.shapes import Notes, Total
from server.paper.render import pdf
from server.paper.slip import StillBlind, slip_html
from tests.server.paper.papers import Sheet, cashier, collector, company, held

PRINTED_AT = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
CHEQUES = [held(at) for at in range(4)]


def counted(**changes):
    fields: dict[str, Any] = {
        "id": "n_1",
        "by": "u_2",
        "device": "dev_9",
        "at": "2026-11-22T15:00:00+02:00",
        "round": 1,
        "cash": [
            CashCount(
                currency="EGP", amount=6_153_000, notes=[Notes(value=20_000, count=300), Notes(value=500, count=6)]
            ),
            CashCount(currency="USD", amount=50_500, notes=[Notes(value=10_000, count=5), Notes(value=500, count=1)]),
        ],
        "cheques": [CountedCheque(number=one.number, currency="EGP", amount=one.amount) for one in CHEQUES[:3]],
    }
    return Count(**fields | changes)


def deposit(**changes):
    fields: dict[str, Any] = {
        "id": "d_1",
        "name": "K7-0041",
        "collector": "u_1",
        "device": "dev_7",
        "branch": "b_1",
        "seq": 90,
        "at": "2026-11-22T14:30:00+02:00",
        "state": "accepted",
        "totals": [
            Total(currency="EGP", method="cash", count=5, amount=6_173_000),
            Total(currency="USD", method="cash", count=1, amount=50_000),
        ],
        "cheques": [one.id for one in CHEQUES],
        "counts": [counted()],
        "acceptance": Acceptance(
            id="a_1",
            by="u_2",
            at="2026-11-22T15:10:00+02:00",
            count="n_1",
            differences=[
                Variance(currency="EGP", amount=-25_000, reason="miscount"),
                Variance(currency="EGP", amount=5_000, reason="found"),
                Variance(currency="USD", amount=500, reason="found"),
            ],
            missing=[CHEQUES[3].id],
        ),
    }
    return Deposit(**fields | changes)


def slip(one, by=None, **options):
    return slip_html(company(), one, collector(), by, CHEQUES, printed_at=PRINTED_AT, **options)


@pytest.mark.parametrize(("size", "expected"), [("a4", (210, 297)), ("a5", (148, 210))])
def test_the_slip_lists_notes_and_cheques_and_both_signers(tmp_path, size, expected):
    html = slip(deposit(), cashier(), size=size)
    sheet = Sheet(pdf(html), tmp_path)

    assert sheet.size_mm() == expected
    assert {"K7-0041", "200.00", "300", "60,000.00", "61,530.00", "61,730.00", "505.00"} <= set(sheet.words())
    assert {"00418820", "00418821", "00418822", "15/01/2027", "36,000.03"} <= set(sheet.words())
    assert html.count("محمود عبد الحميد") == 2
    assert html.count("سارة نجيب") == 2


def test_shortage_and_overage_are_rows_of_their_own(tmp_path):
    words = Sheet(pdf(slip(deposit(), cashier())), tmp_path).words()

    assert {"−250.00", "50.00", "5.00"} <= set(words)
    assert words.count("Shortage") == 1
    assert words.count("Overage") == 2
    assert "−200.00" not in words


def test_cash_without_denominations_is_one_row(tmp_path):
    words = Sheet(pdf(slip(deposit(), cashier())), tmp_path).words()

    assert "1,500.00" in words
    assert "listed" in words


def test_missing_paper_is_listed_apart_from_money(tmp_path):
    html = slip(deposit(), cashier())

    before, _, after = html.partition("Paper not handed in")
    assert "00418823" not in before
    assert "00418823" in after
    assert "12,000.03" in after


def test_paper_that_was_not_declared_is_marked():
    more = [*counted().cheques, CountedCheque(number="777", currency="EGP", amount=5_000)]
    html = slip(deposit(counts=[counted(cheques=more)]), cashier())

    assert "Not declared" in html
    assert "777" in html


def test_the_count_that_was_accepted_is_the_one_printed():
    second = counted(id="n_2", round=2, cash=[CashCount(currency="EGP", amount=1_000)])
    html = slip(deposit(counts=[counted(), second]), cashier())

    assert "61,530.00" in html
    assert "Counted twice" in html


def test_a_cashier_gets_no_slip_before_the_count():
    waiting = deposit(state="declared", counts=[], acceptance=None, cash=[CashCount(currency="EGP", amount=6_173_000)])

    with pytest.raises(StillBlind):
        slip(waiting, cashier())
    own = slip(waiting)
    assert "61,730.00" in own
    assert "Cash declared" in own
    assert "not yet counted" in own


def test_counted_and_not_accepted_shows_the_difference_to_what_is_expected():
    html = slip(deposit(state="counted", acceptance=None, expected={"EGP": 6_173_000, "USD": 50_500}), cashier())

    assert "−200.00" in html
    assert "Overage" not in html
    assert "not yet accepted" in html


def test_what_was_kept_back_and_the_books_stand_on_it():
    book = Book(id="bk", series="CAI", first=851, last=1050, width=6, kind="paper", holder="u_1", device="dev_7")
    html = slip(
        deposit(kept_back=[KeptBack(receipt="v_9", tender=0, reason="<b>unsigned</b>\u202e")]), cashier(), books=[book]
    )

    assert "&lt;b&gt;unsigned&lt;/b&gt;" in html
    assert "\u202e" not in html
    assert "CAI-000851" in html
    assert "CAI-001050" in html


def test_a_reason_by_code_is_said_in_both_languages_with_what_the_collector_adds():
    kept = [
        KeptBack(receipt="v_9", tender=0, reason="paper_lost: على الطريق"),
        KeptBack(receipt="v_9", tender=1, reason="left_behind"),
    ]
    html = slip(deposit(kept_back=kept), cashier())

    assert "The paper is lost, proof is missing" in html
    assert "ضاعت الورقة" in html
    assert "على الطريق" in html
    assert "Left behind" in html
    assert "paper_lost" not in html
