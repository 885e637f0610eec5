"""Losses on the way down (L29 … L33): a cursor that passes over what it did not bring, a load that cannot be
finished."""

from random import Random
from typing import Any

import pytest

from schemas.entries.customers import (
    CustomersAssigned,
    ItemsUpserted,
    StatedItem,
)
from server.inbox import Writer
from server.writes import write
from sync.chain import b64
from tests.server.small_office import DAY, Office, applied
from tests.server.test_pull import load


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


def test_l30_a_push_reply_says_nothing_of_the_pull(office: Office):
    """A push reply holds no cursor, so it can never move one over changes that were not pulled."""
    phone = office.phone()
    cursor = office.pull("omar")["cursor"]
    phone.receipt("cus_1", 10_000)

    reply = office.hand_in(phone)

    assert "cursor" not in reply
    assert "voucher" in {change["type"] for change in office.pull("omar", cursor)["changes"]}


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
