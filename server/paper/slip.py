"""The deposit slip: what a collector handed over, what the cashier found, and what of it is not settled.

Shortage and overage are rows of their own and are never added up. A cheque that was not on the table is missing paper,
not missing money.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from markupsafe import Markup

from schemas.documents import Book, ChequeHeld, Company, Count, Deposit, User
from schemas.entries.deposits import CountedCheque
from server.paper import writing
from server.paper.writing import PAPERS, Both
from sync.money import currency_of

SHORT = Both("عجز", "Shortage")
OVER = Both("زيادة", "Overage")
STATES = {
    "declared": Both("أقرّ به المحصّل ولم يُعدّ بعد", "Declared, not yet counted"),
    "counted": Both("عُدّ ولم يُقبل بعد", "Counted, not yet accepted"),
    "returned": Both("أُعيد إلى المحصّل", "Returned to the collector"),
}
KEPT_BACK = {
    "paper_lost": Both("ضاعت الورقة، والإثبات ناقص", "The paper is lost, proof is missing"),
    "with_customer": Both("رُدّ إلى العميل ليصحّحه", "Back with the customer to be corrected"),
    "left_behind": Both("لم يُحضره معه", "Left behind"),
    "handed_in_before": Both("سُلّم من قبل", "Handed in before"),
    "other": Both("سبب آخر", "Another reason"),
}
"""By the code that a phone writes before its note, `code: note`."""


class StillBlind(ValueError):
    """A cashier has no slip before the count: it would show what the collector declared."""


class NoteRow(msgspec.Struct, frozen=True):
    """One denomination. value is None for cash that was not listed by denomination."""

    value: Markup | None
    count: int
    amount: Markup


class Difference(msgspec.Struct, frozen=True):
    caption: Both
    amount: Markup
    reason: str = ""
    note: str = ""


class CashTable(msgspec.Struct, frozen=True):
    """Cash of one currency: what lay on the table, or what was declared while nothing is counted."""

    currency: str
    sign: str
    rows: list[NoteRow]
    total: Markup
    declared: Markup | None
    differences: list[Difference]


class ChequeRow(msgspec.Struct, frozen=True):
    number: str
    bank: Markup
    due: Markup
    voucher: str
    amount: Markup
    mark: Both | None


class ChequeTable(msgspec.Struct, frozen=True):
    currency: str
    sign: str
    rows: list[ChequeRow]
    total: Markup
    count: int


def slip_html(
    company: Company,
    deposit: Deposit,
    collector: User,
    cashier: User | None,
    cheques: list[ChequeHeld],
    *,
    printed_at: datetime,
    size: Literal["a5", "a4"] = "a4",
    books: Sequence[Book] = (),
) -> str:
    """The slip of one deposit. cheques: all that it names, missing ones too. books: those handed over with it.

    Before the count it is the collector's own declaration and takes no cashier: StillBlind otherwise.
    """
    count = _standing(deposit)
    if cashier is not None and count is None and deposit.state != "returned":
        raise StillBlind(f"deposit {deposit.name} is not counted yet, and a cashier may not see its figures")
    accepted = deposit.acceptance
    missing = set(accepted.missing) if accepted else set()
    return PAPERS.get_template("slip.html").render(
        company=company,
        branch=writing.branch_of(company, deposit.branch),
        deposit=deposit,
        kept_back=[_kept_back(one.reason) for one in deposit.kept_back],
        size={"a5": "148mm 210mm", "a4": "210mm 297mm"}[size],
        collector=writing.person(collector),
        cashier=writing.person(cashier) if cashier else None,
        declared_at=writing.stamp(deposit.at, company.time_zone),
        counted_at=writing.stamp(count.at, company.time_zone) if count else None,
        accepted_at=writing.stamp(accepted.at, company.time_zone) if accepted else None,
        printed_at=writing.stamp(printed_at.isoformat(), company.time_zone),
        state=STATES.get(deposit.state),
        rounds=len(deposit.counts),
        cash=_cash(deposit, count),
        cheques=_cheques(company, [one for one in cheques if one.id not in missing], count),
        missing=_cheques(company, [one for one in cheques if one.id in missing], None),
        note=accepted.note if accepted else "",
        books=[_range(book) for book in books],
    )


def _standing(deposit: Deposit) -> Count | None:
    """The count that was accepted, or the last one."""
    wanted = deposit.acceptance.count if deposit.acceptance else ""
    chosen = [count for count in deposit.counts if count.id == wanted]
    found = chosen or deposit.counts
    return found[-1] if found else None


def _cash(deposit: Deposit, count: Count | None) -> list[CashTable]:
    found = {one.currency: one for one in (count.cash if count else deposit.cash)}
    declared: dict[str, int] = {}
    for total in deposit.totals:
        if total.method == "cash":
            declared[total.currency] = declared.get(total.currency, 0) + total.amount
    tables = []
    for currency in sorted(declared.keys() | found.keys()):
        amount = found[currency].amount if currency in found else (0 if count else declared[currency])
        listed = [one for one in (found[currency].notes if currency in found else []) if one.count]
        rows = [
            NoteRow(writing.money(one.value, currency), one.count, writing.money(one.value * one.count, currency))
            for one in sorted(listed, key=lambda one: -one.value)
        ]
        rest = amount - sum(one.value * one.count for one in listed)
        if rest:
            rows.append(NoteRow(None, 0, writing.money(rest, currency)))
        tables.append(
            CashTable(
                currency=currency,
                sign=currency_of(currency).sign_ar,
                rows=rows,
                total=writing.money(amount, currency),
                declared=writing.money(declared.get(currency, 0), currency) if count else None,
                differences=_differences(deposit, currency, amount) if count else [],
            )
        )
    return tables


def _differences(deposit: Deposit, currency: str, counted: int) -> list[Difference]:
    """What was accepted as different, row by row; before that, the count against what is expected."""
    if deposit.acceptance:
        return [
            Difference(
                SHORT if one.amount < 0 else OVER, writing.money(one.amount, currency), reason=one.reason, note=one.note
            )
            for one in deposit.acceptance.differences
            if one.currency == currency and one.amount
        ]
    difference = counted - deposit.expected.get(currency, 0)
    if deposit.state != "counted" or not difference:
        return []
    return [Difference(SHORT if difference < 0 else OVER, writing.money(difference, currency))]


def _cheques(company: Company, cheques: list[ChequeHeld], count: Count | None) -> list[ChequeTable]:
    """Cheques per currency. Against a count, those on the table that were not declared are added and marked."""
    left: list[CountedCheque] = list(count.cheques) if count else []
    rows: dict[str, list[tuple[int, ChequeRow]]] = {}
    for one in sorted(cheques, key=lambda one: (one.due, one.number)):
        seen = next((paper for paper in left if (paper.currency, paper.number) == (one.currency, one.number)), None)
        mark = None
        if seen is not None:
            left.remove(seen)
            if seen.amount != one.amount:
                mark = Both("كُتب في العد بمبلغ آخر", "Typed with another amount")
        elif count is not None:
            mark = Both("لم يُعدّ", "Not counted")
        rows.setdefault(one.currency, []).append((one.amount, _row(company, one, mark)))
    for paper in left:
        row = ChequeRow(
            number=paper.number,
            bank=Markup(),
            due=Markup(),
            voucher="",
            amount=writing.money(paper.amount, paper.currency),
            mark=Both("ورقة لم تُذكر في الإقرار", "Not declared"),
        )
        rows.setdefault(paper.currency, []).append((paper.amount, row))
    return [
        ChequeTable(
            currency=currency,
            sign=currency_of(currency).sign_ar,
            rows=[row for _, row in found],
            total=writing.money(sum(amount for amount, _ in found), currency),
            count=len(found),
        )
        for currency, found in sorted(rows.items())
    ]


def _row(company: Company, cheque: ChequeHeld, mark: Both | None) -> ChequeRow:
    bank = writing.bank(company, cheque.bank)
    return ChequeRow(
        number=cheque.number,
        bank=Markup("{}، {}").format(bank, writing.typed(cheque.branch)) if cheque.branch else bank,
        due=writing.day(cheque.due),
        voucher=cheque.number_on_voucher,
        amount=writing.money(cheque.amount, cheque.currency),
        mark=mark,
    )


def _range(book: Book) -> Markup:
    first, last = (f"{book.series}-{leaf:0{book.width}}" for leaf in (book.first, book.last))
    return Markup("{} – {}").format(writing.code(first), writing.code(last))


def _kept_back(reason: str) -> Markup:
    """Why a cheque was not handed in. What is no code is a reason in the collector's own words."""
    code, _, note = reason.partition(":")
    caption = KEPT_BACK.get(code)
    if caption is None:
        return writing.typed(reason)
    told = Markup("{} · {}").format(caption, writing.typed(note.strip()))
    return told if note.strip() else caption.__html__()
