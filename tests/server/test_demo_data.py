"""The demo company is whole, the same for the same seed, and passes for no real one."""

import datetime as dt
from collections import Counter
from random import Random

import msgspec
import pytest

from server.demo_data import BANKS, Demo, demo_company
from sync.aging import OpenItem, aging, open_as_of_document

DAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def demo() -> Demo:
    return demo_company(Random(7), day=DAY)


def test_the_same_seed_gives_the_same_company():
    assert msgspec.json.encode(demo_company(Random(3), day=DAY)) == msgspec.json.encode(
        demo_company(Random(3), day=DAY)
    )
    assert demo_company(Random(3), day=DAY).items != demo_company(Random(4), day=DAY).items


def test_every_struct_is_one_that_the_wire_takes(demo: Demo):
    for struct in [
        demo.company,
        *demo.users,
        *demo.customers,
        *demo.items,
        *demo.assignments,
        *demo.plans,
        *demo.targets,
    ]:
        assert msgspec.json.decode(msgspec.json.encode(struct), type=type(struct)) == struct


def test_it_has_its_people_and_places(demo: Demo):
    assert Counter(user.role for user in demo.users) == {
        "collector": 3,
        "cashier": 2,
        "supervisor": 1,
        "administrator": 1,
    }
    assert {user.branch for user in demo.users} == {branch.branch for branch in demo.company.branches}
    assert len(demo.company.branches) == 2
    assert demo.passwords.keys() == {user.login for user in demo.users}
    assert min(map(len, demo.passwords.values())) >= 10
    assert len({code for code, _, _ in BANKS}) == len(BANKS) >= 8


def test_every_customer_has_a_name_a_place_a_debt_and_one_collector(demo: Demo):
    assert len(demo.customers) == len({row.name for row in demo.customers}) == 300
    assert len(demo.items) == len({row.item for row in demo.items}) == 1_500
    ids = {row.customer for row in demo.customers}
    assert {row.customer for row in demo.items} == ids
    assert sorted(id for row in demo.assignments for id in row.customers) == sorted(ids)
    for row in demo.customers:
        assert row.name.isascii()
        assert any("\u0621" <= letter <= "\u064a" for letter in row.name_ar)
        # No subscriber in Egypt has a number that begins with 019.
        assert row.phone.startswith("+20 19 0000 ")
        assert row.lat is not None
        assert row.lon is not None
        assert 29.9 < row.lat < 30.2
        assert 31.1 < row.lon < 31.4
    assert Counter(row.currency for row in demo.customers)["EGP"] > 270
    assert {row.currency for row in demo.customers} == {"EGP", "USD", "KWD"}
    assert len({row.credit_limit > 0 for row in demo.customers}) == 2


def test_each_collector_has_twelve_stops_of_his_own(demo: Demo):
    portfolios = {row.collector: set(row.customers) for row in demo.assignments}
    assert {plan.user for plan in demo.plans} == portfolios.keys()
    for plan in demo.plans:
        assert plan.day == DAY
        assert len(set(plan.stops)) == len(plan.stops) == 12
        assert set(plan.stops) <= portfolios[plan.user]


def test_the_phone_has_something_to_show_of_everything(demo: Demo):
    """For each collector: customers of each standing, returned cheques, papers that expire, invoices to deliver."""
    portfolios = {row.collector: set(row.customers) for row in demo.assignments}
    assert {target.user for target in demo.targets} == portfolios.keys()
    assert {target.month for target in demo.targets} == {"2026-11"}
    assert Counter(row.standing for row in demo.customers) == {"normal": 291, "watch": 3, "suspended": 3, "legal": 3}
    owners = {row.customer: row for row in demo.customers}
    for mine in portfolios.values():
        rows = [row for row in demo.customers if row.customer in mine]
        items = [row for row in demo.items if row.customer in mine]
        assert any(row.bounced for row in rows)
        assert any(row.accounts for row in rows)
        assert {paper.expires < DAY for row in rows for paper in row.papers} == {True, False}
        assert any(row.to_deliver for row in items)
        assert {row.einvoice.state for row in items if row.einvoice} == {"valid", "cancelled"}
    returned = [row for row in demo.items if row.kind == "returned_cheque"]
    assert returned
    assert all(owners[row.customer].bounced for row in returned)


def test_its_policy_warns_and_stops_nothing(demo: Demo):
    policy = demo.company.policy
    assert (policy.blocks, policy.cash_ceiling) == ([], 0)
    assert policy.receipt_limit < policy.cash_limit
    assert {(rate.base, rate.quote) for rate in policy.rates} == {("USD", "EGP"), ("EUR", "EGP"), ("SAR", "EGP")}
    assert all(rate.since < DAY for rate in policy.rates)


@pytest.mark.parametrize("seed", range(5))
def test_debts_are_of_every_age_and_nothing_is_dated_ahead(seed: int):
    demo = demo_company(Random(seed), day=DAY)
    owners = {row.customer: row for row in demo.customers}
    total = aging(
        [
            OpenItem(row.customer, row.item, row.currency, row.date, row.due, open_as_of_document(row, [], DAY))
            for row in demo.items
        ],
        as_of=DAY,
    ).totals["EGP"]

    assert all(total.buckets)
    assert 0.3 < total.overdue / total.owed < 0.8
    assert total.credits < 0
    for row in demo.items:
        assert row.currency == owners[row.customer].currency
        assert row.date <= DAY
        assert row.due >= row.date
        assert (row.original < 0) == (row.kind == "credit_note")
        assert all(row.date <= paid.date <= DAY and 0 < paid.amount < row.original for paid in row.settlements)
