"""What the passing of time causes is written once, on the company's own day."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.documents import Company, Customer, PromiseToPay
from server import daily
from server.daily import break_promises, do_days_work, keep_days, until_midnight
from server.writes import write
from tests.phone import Phone
from tests.server.small_office import DAY, START, Office, facts


class Enough(Exception):
    """The test has seen what it wanted."""


def promise(office: Office, phone: Phone, on: date, amount: int = 5_000, **more: Any) -> str:
    body = {"customer": "cus_1", "currency": "EGP", "amount": amount, "date": on.isoformat(), **more}
    kept = phone.write("promise_made", body)
    office.hand_in(phone)
    return kept.id


def broken(office: Office) -> int:
    """How many entries say that a promise is broken."""
    return sum(b'"promise_broken"' in envelope for (envelope,) in office.select("SELECT envelope FROM journal"))


def states_of(office: Office, *promises: str) -> list[str]:
    return [office.one(PromiseToPay, one).state for one in promises]


def days_work(office: Office) -> int:
    """At the server's own moment, in the loop that the application runs in."""
    with office.client.portal() as portal:
        return int(portal.call(do_days_work, office.company, office.clock()))


def set_grace(office: Office, days: int) -> None:
    policy = msgspec.structs.replace(facts(20).policy, promise_grace_days=days)
    body = msgspec.structs.replace(facts(20), policy=policy)
    office.run(lambda writer: write(writer, "company_set_up", body))


def test_a_promise_is_broken_when_its_day_is_over_and_not_before(office: Office):
    phone = office.phone()
    made = promise(office, phone, DAY)

    assert days_work(office) == 0
    office.clock.ahead(days=1)
    assert days_work(office) == 1
    assert office.one(PromiseToPay, made).state == "broken"
    assert office.one(Customer, "cus_1").broken == 1


def test_it_is_broken_once_however_often_the_server_looks(office: Office):
    phone = office.phone()
    made = promise(office, phone, DAY - timedelta(3))

    assert [days_work(office) for _ in range(3)] == [1, 0, 0]
    assert office.run(lambda writer: break_promises(writer, [made], office.clock())) == 0
    assert broken(office) == 1


def test_two_servers_that_found_the_same_promise_write_it_once(office: Office):
    """Both looked before either wrote; the second finds it broken inside its own transaction and writes nothing."""
    phone = office.phone()
    found = [promise(office, phone, DAY - timedelta(1))]

    told = [office.run(lambda writer: break_promises(writer, found, office.clock())) for _ in range(2)]

    assert told == [1, 0]
    assert broken(office) == 1


def test_days_of_grace_are_the_companys(office: Office):
    set_grace(office, 2)
    phone = office.phone()
    promise(office, phone, DAY)

    office.clock.ahead(days=2)
    assert days_work(office) == 0
    office.clock.ahead(days=1)
    assert days_work(office) == 1


def test_kept_and_replaced_promises_are_left_alone(office: Office):
    phone = office.phone()
    promise(office, phone, DAY, amount=5_000, items=["itm_1a"])
    promise(office, phone, DAY, amount=7_000)
    promise(office, phone, DAY, amount=8_000)
    office.receipt(phone, amount=13_000, allocations=[{"item": "itm_1a", "amount": 5_000}], on_account=8_000)
    office.clock.ahead(days=5)

    assert days_work(office) == 0
    assert sorted(one.state for one in office.all(PromiseToPay)) == ["kept", "kept", "superseded"]


def test_a_part_that_came_is_told(office: Office):
    phone = office.phone()
    made = promise(office, phone, DAY, amount=9_000)
    office.receipt(phone, amount=4_000, on_account=4_000)
    office.clock.ahead(days=1)

    assert days_work(office) == 1
    assert office.one(PromiseToPay, made).state == "part_kept"


def test_many_are_read_in_pages_and_written_in_batches(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(daily, "PAGE", 2)
    monkeypatch.setattr(daily, "BATCH", 2)
    phone = office.phone()
    for n in range(5):
        customer = f"cus_{n % 3 + 1}"
        promise(office, phone, DAY - timedelta(2), customer=customer, items=[f"itm_{n % 3 + 1}{'ab'[n // 3]}"])

    assert days_work(office) == 5
    assert {one.state for one in office.all(PromiseToPay)} == {"broken"}


def test_the_work_is_done_at_the_start_and_after_each_midnight(office: Office):
    """The application's own loop, with rests of the test's making: it wakes at least once an hour, and works once a
    day."""
    phone = office.phone()
    first = promise(office, phone, DAY - timedelta(1), items=["itm_1a"])
    second = promise(office, phone, DAY, items=["itm_1b"])
    seen: list[tuple[datetime, list[str]]] = []

    async def rest(seconds: float) -> None:
        states = await asyncio.to_thread(states_of, office, first, second)
        seen.append((office.clock(), states))
        assert 1 <= seconds <= 3600
        office.clock.ahead(seconds=seconds)
        if states == ["broken", "broken"]:
            raise Enough

    async def until_enough() -> None:
        with pytest.raises(Enough):
            await keep_days(office.company, rest)

    with office.client.portal() as portal:
        portal.call(until_enough)

    assert seen[0] == (START, ["broken", "open"])
    # Cairo is two hours ahead: its Monday begins at 22:00 on Sunday.
    assert seen[-1][0] == datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    assert all(states == ["broken", "open"] for _, states in seen[:-1])


def test_a_day_whose_work_failed_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch):
    phone = office.phone()
    made = promise(office, phone, DAY - timedelta(1))
    real, turns = daily.do_days_work, [0]

    async def breaks_first(*told: Any) -> int:
        turns[0] += 1
        if turns[0] == 1:
            raise OSError("no disk")
        return await real(*told)

    async def rest(_seconds: float) -> None:
        if await asyncio.to_thread(states_of, office, made) == ["broken"]:
            raise Enough

    async def until_enough() -> None:
        with pytest.raises(Enough):
            await asyncio.wait_for(keep_days(office.company, rest), 20)

    monkeypatch.setattr(daily, "do_days_work", breaks_first)
    with office.client.portal() as portal:
        portal.call(until_enough)

    assert turns == [2]


def test_a_midnight_that_the_clocks_skip_is_still_one():
    """Cairo's clocks go forward at midnight on the last Friday of April: that day begins at one."""
    told = {**msgspec.to_builtins(facts(20)), "id": "cmp"}
    company = msgspec.convert(told, Company)

    evening = datetime(2026, 4, 23, 21, 0, tzinfo=UTC)

    assert timedelta(0) < until_midnight(company, evening) <= timedelta(hours=1, seconds=1)
