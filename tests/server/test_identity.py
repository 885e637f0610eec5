"""Who is who: one-time codes, device keys, passwords, roles, and two persons for one money."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from schemas.documents import Book, Device
from server.identity.sessions import token
from server.keys import SigningKey
from server.writes import expires
from tests.phone import challenge_answer
from tests.server.small_office import API, DAY, PASSWORDS, Office, code_of

# ---- enrolment


def test_a_code_is_good_for_one_device(office: Office):
    """The first device that trades a code has it; the second is told that it is used."""
    code = office.code("phone", "omar")
    key = SigningKey.new("device")

    enrolled = office.enrol(code, key).json()

    assert enrolled["user"]["id"] == "usr_omar"
    assert enrolled["device"]["user"] == "usr_omar"
    assert {one["use"] for one in enrolled["keys"]} == {"sign", "seal"}
    assert enrolled["session"]["token"]
    answer = office.enrol(code, SigningKey.new("device"))
    assert (answer.status_code, code_of(answer)) == (409, "code_used")
    assert len(office.all(Device)) == 1


def test_looking_at_a_code_leaves_it_unused(office: Office):
    """Whoever opens the link sees what it is for, as often as he likes; the code stays good."""
    code = office.code("phone", "omar")

    for _ in range(10):
        assert office.get(f"/enrolments/{code}").json() == {
            "company": "Delta Foods",
            "company_ar": "دلتا للأغذية",
            "name": "Omar",
            "name_ar": "اسم",
            "purpose": "phone",
            "require_installed": True,
        }

    assert office.enrol(code, SigningKey.new("device")).status_code == 201
    assert code_of(office.get(f"/enrolments/{code}")) == "code_used"


def test_a_code_lives_for_a_day(office: Office):
    """410 code_expired after a day, to a look and to an enrolment alike."""
    code = office.code("phone", "omar")
    office.clock.ahead(hours=23, minutes=59)
    assert office.get(f"/enrolments/{code}").status_code == 200

    office.clock.ahead(minutes=2)

    for answer in (office.get(f"/enrolments/{code}"), office.enrol(code, SigningKey.new("device"))):
        assert (answer.status_code, code_of(answer)) == (410, "code_expired")
    assert office.all(Device) == []


def test_codes_cannot_be_guessed(office: Office):
    """Five unknown codes from one address within five minutes ask for patience, by either door."""
    good = office.code("phone", "omar")
    for number in range(5):
        wrong = f"WRONG{number:03}"
        answer = office.enrol(wrong, SigningKey.new("device")) if number % 2 else office.get(f"/enrolments/{wrong}")
        assert (answer.status_code, code_of(answer)) == (404, "code_unknown")

    for answer in (office.get(f"/enrolments/{good}"), office.enrol(good, SigningKey.new("device"))):
        assert (answer.status_code, code_of(answer)) == (429, "too_many_tries")
        assert 0 < int(answer.headers["retry-after"]) <= 301

    office.clock.ahead(minutes=5, seconds=1)
    assert office.enrol(good, SigningKey.new("device")).status_code == 201


@pytest.mark.parametrize("key", ["", "nonsense", "é", "A" * 120, "MFkw" * 30])
def test_a_key_that_is_none_enrols_nothing(office: Office, key: str):
    """A public key that is no P-256 key is malformed and leaves the code unused."""
    code = office.code("phone", "omar")

    answer = office.post(f"/enrolments/{code}", json={"public_key": key})

    assert (answer.status_code, code_of(answer)) == (400, "malformed")
    assert office.get(f"/enrolments/{code}").status_code == 200


def test_a_second_phone_makes_the_first_one_lost_and_freezes_its_books(office: Office):
    """A user has one phone: the earlier one counts as lost, every leaf after its last known one as unknown, and what
    it sends later is kept under review."""
    first = office.phone()
    office.receipt(first)
    second = office.phone()

    assert {one.id: one.state for one in office.all(Device)} == {first.device: "lost", second.device: "active"}
    assert {(one.state, one.closed) for one in office.books(first)} == {("frozen", "unknown")}
    assert {one.state for one in office.books(second)} == {"assigned"}
    numbers = [(one.first, one.last) for one in sorted(office.all(Book), key=lambda one: one.first)]
    assert all(before[1] < after[0] for before, after in pairwise(numbers))
    first.receipt("cus_1", 500)
    assert office.push(first).json()["outcomes"][0]["flags"] == ["device_lost", "number_blacklisted"]
    assert office.receipt(second)


def test_names_of_devices_are_short_and_never_given_twice(office: Office):
    """Deposits are named by the device's short name, so no two devices ever share one."""
    names = [office.phone("omar").code for _ in range(12)]

    assert names == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "B1", "B2", "B3"]


def test_phones_are_for_active_collectors_and_desks_for_branches(office: Office):
    """A code is made only for what can use it."""
    for wish in (
        {"purpose": "phone", "user": "usr_mona"},
        {"purpose": "desk", "branch": "brn_none"},
        {"purpose": "server", "user": "usr_omar"},
    ):
        assert code_of(office.post("/enrolments", "tarek", wish)) == "malformed"
    assert code_of(office.post("/enrolments", "tarek", {"purpose": "phone", "user": "usr_none"})) == "not_found"
    office.post("/users/usr_omar/revoke", "tarek", {"reason": "left"})
    assert code_of(office.post("/enrolments", "tarek", {"purpose": "phone", "user": "usr_omar"})) == "malformed"


def test_a_code_ends_exactly_a_day_after_it_was_made(office: Office):
    """The time that the office is told is the time that the server keeps."""
    made = office.post("/enrolments", "tarek", {"purpose": "desk", "branch": "brn_cai"}).json()

    assert made["expires_at"] == expires(office.clock())
    assert made["link"] == f"https://sanad.example/enrol#{made['code']}"


# ---- logins by device key


def challenge_of(office: Office) -> str:
    return str(office.get("/device/challenge").json()["challenge"])


def test_a_phone_logs_its_owner_in_by_its_key(office: Office):
    """The challenge signed by the device's key gives a session of the owner that lives an hour."""
    phone = office.phone()

    session = office.post("/device/session", json=challenge_answer(phone, challenge_of(office))).json()

    headers = {"Authorization": f"Bearer {session['token']}"}
    assert session["user"]["id"] == "usr_omar"
    assert office.call("GET", "/sync/pull", headers=headers).status_code == 200
    renewed = office.call("POST", "/session/renew", headers=headers)
    assert renewed.status_code == 200
    office.clock.ahead(minutes=61)
    assert code_of(office.call("GET", "/sync/pull", headers=headers)) == "not_logged_in"
    assert code_of(office.call("POST", "/session/renew", headers=headers)) == "not_logged_in"


@pytest.mark.parametrize(
    "text", ["", ".", "12345", "12345.abc", "²³.x", "{now}.é", "{now}.", "{now}.AAAA", "-1.x", "9" * 400]
)
def test_a_forged_challenge_is_not_ours(office: Office, text: str):
    """Only a challenge that this server made is one; anything else is a bad signature, never a fault."""
    phone = office.phone()
    forged = text.replace("{now}", str(int(office.clock().timestamp())))

    answer = office.post("/device/session", json=challenge_answer(phone, forged))

    assert (answer.status_code, code_of(answer)) == (403, "bad_signature")


def test_a_challenge_is_stale_after_five_minutes(office: Office):
    """An old challenge, though ours and rightly signed, opens nothing."""
    phone = office.phone()
    challenge = challenge_of(office)
    office.clock.ahead(minutes=5, seconds=1)

    assert code_of(office.post("/device/session", json=challenge_answer(phone, challenge))) == "bad_signature"


def test_another_key_opens_no_session(office: Office):
    """The signature must be of that very device."""
    omar, hany = office.phone("omar"), office.phone("hany")
    answer = challenge_answer(hany, challenge_of(office)) | {"device": omar.device}

    assert code_of(office.post("/device/session", json=answer)) == "bad_signature"
    assert code_of(office.post("/device/session", json=answer | {"device": "dev_NOBODY"})) == "bad_signature"


@pytest.mark.parametrize("state", ["revoked", "lost", "retired"])
def test_a_stopped_device_opens_no_session(office: Office, state: str):
    """A device that was stopped logs nobody in any more, though what it holds is still taken."""
    phone = office.phone()
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "gone", "state": state})

    answer = office.post("/device/session", json=challenge_answer(phone, challenge_of(office)))

    assert (answer.status_code, code_of(answer)) == (403, "not_allowed")


def test_a_desk_key_logs_nobody_in(office: Office):
    """A counting desk is shared: its key proves the desk, never a person."""
    desk = office.desk()

    assert code_of(office.post("/device/session", json=challenge_answer(desk, challenge_of(office)))) == "not_allowed"


# ---- passwords


def log_in(office: Office, login: str, password: str) -> httpx.Response:
    return office.post("/session", json={"login": login, "password": password})


def test_a_password_opens_a_session_for_half_an_hour(office: Office):
    """Login and password give a short session; case and blanks of the login do not matter."""
    session = log_in(office, " Mona ", PASSWORDS["mona"]).json()

    headers = {"Authorization": f"Bearer {session['token']}"}
    assert office.call("GET", "/deposits", headers=headers).status_code == 200
    office.clock.ahead(minutes=31)
    assert code_of(office.call("GET", "/deposits", headers=headers)) == "not_logged_in"


def test_guessing_is_braked_and_says_for_how_long(office: Office):
    """Five misses within five minutes ask for patience, however the login is written; afterwards it opens again."""
    for login in ("mona", "Mona", " MONA", "mOna ", "monA"):
        answer = log_in(office, login, "wrong")
        assert (answer.status_code, code_of(answer)) == (401, "wrong_password")
        office.clock.ahead(seconds=10)

    answer = log_in(office, "mona", PASSWORDS["mona"])

    assert (answer.status_code, code_of(answer)) == (429, "too_many_tries")
    wait = int(answer.headers["retry-after"])
    assert 240 <= wait <= 260
    assert log_in(office, "nadia", PASSWORDS["nadia"]).status_code == 200
    office.clock.ahead(seconds=wait)
    assert log_in(office, "mona", PASSWORDS["mona"]).status_code == 200


def wish_for(login: str, role: str) -> dict[str, str]:
    """The same user with another role."""
    return {"user": f"usr_{login}", "login": login, "name": login, "name_ar": "ن", "role": role, "branch": "brn_cai"}


def test_unknown_and_known_users_are_told_the_same(office: Office):
    """A wrong password and an unknown login get the same words."""
    known, unknown = log_in(office, "mona", "wrong"), log_in(office, "nobody", "wrong")

    assert known.json() == unknown.json()


def test_a_revoked_user_is_out_at_once(office: Office):
    """A token that has not ended yet opens nothing once its user is revoked, and the password gives no new one."""
    headers = office.bearer("mona")
    assert office.call("GET", "/deposits", headers=headers).status_code == 200
    office.post("/users/usr_mona/revoke", "tarek", {"reason": "left"})

    assert code_of(office.call("GET", "/deposits", headers=headers)) == "not_logged_in"
    assert code_of(office.call("POST", "/session/renew", headers=headers)) == "not_logged_in"
    assert code_of(log_in(office, "mona", PASSWORDS["mona"])) == "not_allowed"


def test_a_changed_role_holds_at_once(office: Office):
    """What a caller may do is what the journal says now, not what his token was made for."""
    headers = office.bearer("nadia")
    assert office.call("GET", "/board", headers=headers).status_code == 200
    assert office.post("/users", "tarek", wish_for("nadia", "cashier")).status_code == 201

    assert code_of(office.call("GET", "/board", headers=headers)) == "not_allowed"


def test_another_companys_token_is_not_ours(office: Office):
    """A token signed with another secret, or for another company, opens nothing."""
    ends = office.clock() + timedelta(hours=1)
    for secret, company in (("x" * 43, "cmp_test"), (office.company.token_secret, "cmp_other")):
        headers = {"Authorization": f"Bearer {token(secret, company, 'usr_tarek', '', ends)}"}
        assert code_of(office.call("GET", "/users", headers=headers)) == "not_logged_in"


def test_a_password_is_set_changed_and_long_enough(office: Office):
    """The administrator sets a password of at least ten characters; the old one opens nothing any more."""
    wish: dict[str, Any] = {"login": "Sara", "name": "Sara", "name_ar": "سارة", "role": "cashier", "branch": "brn_cai"}
    assert code_of(office.post("/users", "tarek", wish | {"password": "short"})) == "malformed"
    made = office.post("/users", "tarek", wish | {"password": "long enough"}).json()
    assert log_in(office, "sara", "long enough").status_code == 200

    office.post("/users", "tarek", wish | {"user": made["id"], "password": "another one"})

    assert code_of(log_in(office, "sara", "long enough")) == "wrong_password"
    assert log_in(office, "sara", "another one").status_code == 200
    assert code_of(office.post("/users", "tarek", wish)) == "malformed"  # the login is taken
    assert "long enough" not in json.dumps(office.pull("tarek"))


# ---- roles

NOBODY, COLLECTOR, CASHIER, SUPERVISOR, ADMINISTRATOR = "", "omar", "mona", "nadia", "tarek"
EVERYBODY = (COLLECTOR, CASHIER, SUPERVISOR, ADMINISTRATOR)
BOTH = (SUPERVISOR, ADMINISTRATOR)
DESKS = (CASHIER, SUPERVISOR, ADMINISTRATOR)
ROUTES: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("GET", "/sync/pull", None, EVERYBODY),
    ("POST", "/session/renew", None, EVERYBODY),
    ("GET", "/users", None, BOTH),
    ("POST", "/users", {"login": "", "name": "", "name_ar": "", "role": "", "branch": ""}, (ADMINISTRATOR,)),
    ("POST", "/users/usr_none/revoke", {"reason": "x"}, (ADMINISTRATOR,)),
    ("POST", "/enrolments", {"purpose": "x"}, (ADMINISTRATOR,)),
    ("GET", "/devices", None, BOTH),
    ("POST", "/devices/dev_none/revoke", {"reason": "x"}, (ADMINISTRATOR,)),
    ("POST", "/devices/dev_none/release-code", {"purpose": "wipe", "challenge": "7K3M9Q"}, BOTH),
    ("GET", "/sync/control", None, ()),  # only a device's own login, see test_control
    ("GET", "/books", None, DESKS),
    ("POST", "/books", {"device": "dev_none"}, (ADMINISTRATOR,)),
    ("POST", "/imports/customers", "csv", (ADMINISTRATOR,)),
    ("POST", "/imports/items", "csv", (ADMINISTRATOR,)),
    ("GET", "/customers", None, DESKS),
    ("POST", "/assignments", {"collector": "usr_none", "customers": ["cus_1"]}, BOTH),
    ("GET", "/board", None, BOTH),
    ("GET", f"/plans/usr_omar/{DAY}", None, BOTH),
    ("PUT", f"/plans/usr_none/{DAY}", {"stops": []}, BOTH),
    ("GET", "/flags", None, BOTH),
    ("GET", "/void-requests", None, (SUPERVISOR,)),
    ("POST", "/void-requests/none/approve", {}, (SUPERVISOR,)),
    ("POST", "/void-requests/none/refuse", {}, (SUPERVISOR,)),
    ("POST", "/vouchers/none/reverse", {}, (SUPERVISOR,)),
    ("GET", "/suspense", None, BOTH),
    ("POST", "/suspense/none/release", {"reason": "x"}, (SUPERVISOR,)),
    ("POST", "/suspense/none/reject", {"reason": "x"}, (SUPERVISOR,)),
    ("GET", "/missing-vouchers", None, BOTH),
    ("POST", "/missing-vouchers/none/rebuild", {}, (SUPERVISOR,)),
    ("GET", "/deposits", None, DESKS),
    ("GET", "/deposits/none", None, EVERYBODY),
    ("GET", "/vouchers/none/paper.pdf", None, DESKS),
    ("GET", "/deposits/none/slip.pdf", None, DESKS),
    ("GET", "/customers/none/statement.pdf", None, DESKS),
    ("GET", "/reports/aging", None, BOTH),
    ("GET", f"/attachments/{'0' * 64}", None, EVERYBODY),
    ("PUT", f"/attachments/{'0' * 64}", "csv", EVERYBODY),
    ("GET", "/notices", None, BOTH),
    ("PUT", "/notices", {"channels": [], "hours": -1}, (ADMINISTRATOR,)),
    ("GET", "/vouchers/none/notices", None, DESKS),
    ("GET", "/cases", None, BOTH),
    ("POST", "/cases/none/answer", {"decision": "noted"}, BOTH),
    ("GET", "/proofs", None, BOTH),
    ("GET", "/promises", None, BOTH),
    ("GET", f"/targets/{DAY:%Y-%m}", None, BOTH),
    ("PUT", f"/targets/usr_none/{DAY:%Y-%m}", {"currency": "EGP", "amount": 1}, BOTH),
    ("GET", f"/day-reports/{DAY}", None, BOTH),
    ("GET", "/office/policy", None, BOTH),
    ("PUT", "/office/policy", {"policy": {}, "was": {"cash_limit": 1}}, (ADMINISTRATOR,)),
]


@pytest.mark.parametrize(("method", "path", "body", "allowed"), ROUTES, ids=[f"{m} {p}" for m, p, _, _ in ROUTES])
def test_each_door_opens_for_its_roles_only(
    shared: Office, method: str, path: str, body: Any, allowed: tuple[str, ...]
):
    """Route × role: who may not is told not_allowed, who is not logged in not_logged_in, and neither changes anything.
    Whoever may comes as far as his question."""
    sent = {"content": b"code\n"} if body == "csv" else {"json": body} if body is not None else {}
    for login in (NOBODY, *EVERYBODY):
        before = shared.journal()
        answer = shared.call(method, path, login, **sent)
        code = "" if answer.status_code < 400 else code_of(answer)
        if login == NOBODY:
            assert (answer.status_code, code) == (401, "not_logged_in")
        elif login in allowed:
            assert code not in ("not_allowed", "not_logged_in", "unexpected")
        else:
            assert (answer.status_code, code) == (403, "not_allowed")
            assert shared.journal() == before


def test_every_door_is_in_the_table(office: Office):
    """No door is added without saying who may open it."""
    open_to_all = {
        "/sync/push", "/sync/stream", "/enrolments/{}", "/device/challenge", "/device/session", "/session", "/health",
        "/verify", "/verify/report", "/sync/grants", "/sync/rescue",
    }  # fmt: skip
    tabled = {(method, tuple(path.split("/"))) for method, path, _, _ in ROUTES}
    doors = [
        (method, route.path.removeprefix(API).split("/"))
        for route in office.client.app.routes
        if route.path.startswith(API)
        for method in getattr(route, "methods", {"POST"}) - {"OPTIONS", "HEAD"}
    ]
    assert len(doors) >= len(ROUTES)
    for method, parts in doors:
        plain = "/".join("{}" if part.startswith("{") else part for part in parts)
        known = any(
            verb == method
            and len(path) == len(parts)
            and all(want.startswith("{") or want == got for want, got in zip(parts, path, strict=True))
            for verb, path in tabled
        )
        assert known or plain in open_to_all, f"{method} {plain}"


# ---- maker and checker


def test_maker_is_never_checker(office: Office):
    """Who asked for a void does not decide it, though he has become a supervisor since; another one does."""
    phone = office.phone()
    voucher = office.receipt(phone)
    asked = phone.write("void_requested", {"receipt": voucher, "reason": "wrong_amount"})
    office.hand_in(phone)
    office.post("/users", "tarek", wish_for("omar", "supervisor"))

    for path in (f"/void-requests/{asked.id}/approve", f"/void-requests/{asked.id}/refuse"):
        answer = office.post(path, "omar", {})
        assert (answer.status_code, code_of(answer)) == (409, "refused")
        assert answer.json()["facts"]["flags"] == ["maker_is_checker"]
    assert code_of(office.post(f"/vouchers/{voucher}/reverse", "omar", {})) == "refused"
    assert office.post(f"/void-requests/{asked.id}/approve", "nadia", {}).status_code == 200


def test_a_collector_never_counts_his_own_deposit(office: Office):
    """A phone cannot count; and a desk does not take a count by the collector himself."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone)
    deposit = office.declare(phone, [{"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000}])
    body = {"deposit": deposit, "name": "A1-0001", "round": 1, "cash": [{"currency": "EGP", "amount": 10_000}]}

    phone.write("deposit_counted", body)
    assert office.hand_in(phone)["outcomes"][0]["flags"] == ["kind_not_allowed"]
    desk.write("deposit_counted", body, by="usr_omar")
    assert office.hand_in(desk)["outcomes"][0]["verdict"] == "refused"
    assert office.get("/deposits", "mona").json()[0].get("state", "declared") == "declared"
