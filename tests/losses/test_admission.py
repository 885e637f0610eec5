"""Loads queue and may be sent back; whoever pushes never is."""

import asyncio

import pytest

from server.admission import AT_ONCE, WAITING, Admission
from server.problems import ProblemError
from tests.server.small_office import Office


def test_l33_more_loads_than_can_wait_are_asked_to_come_again_one_by_one():
    """Three hundred phones load at eight in the morning: some at once, some queue, the others are told when."""

    async def morning() -> tuple[int, list[int]]:
        admission, go = Admission(), asyncio.Event()
        inside = most = 0
        told: list[int] = []

        async def phone() -> None:
            nonlocal inside, most
            try:
                async with admission.load():
                    inside += 1
                    most = max(most, inside)
                    await go.wait()
                    inside -= 1
            except ProblemError as problem:
                told.append(int(problem.headers()["Retry-After"]))

        phones = [asyncio.create_task(phone()) for _ in range(300)]
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*phones)
        async with admission.load():  # when they are through, the next one goes straight in
            pass
        return most, told

    most, told = asyncio.run(morning())

    assert most == AT_ONCE
    assert len(told) == 300 - WAITING
    assert told == sorted(told)
    assert told[0] < told[-1] <= 30


def test_l33_a_full_queue_of_loads_turns_no_push_away(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Nor a quiet pull: who has nothing to load is told so from memory."""
    phone = office.phone()
    cursor = office.pull("omar")["cursor"]
    monkeypatch.setattr(office.client.app.state.admission, "waiting", WAITING)

    busy = office.get("/sync/pull", "hany")
    assert (busy.status_code, busy.json()["code"]) == (503, "busy")
    assert int(busy.headers["Retry-After"]) >= 1
    assert office.get("/sync/pull", "omar", params={"cursor": cursor}).status_code == 200
    phone.receipt("cus_1", 1_000)
    assert office.hand_in(phone)["outcomes"][0]["verdict"] == "accepted"
