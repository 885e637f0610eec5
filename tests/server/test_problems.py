"""Whatever goes wrong is told in one shape: a problem document with a code of the closed set, never our inside."""

from typing import Any

import msgspec
import pytest

from schemas.codes import Problem
from schemas.wire import ProblemDocument
from server.problems import STATUS
from server.routes import board
from tests.server.small_office import DAY, Office

CODES = {problem.value for problem in Problem}
JSON = {"Content-Type": "application/json"}
BAD_BODIES = [b"", b"null", b"[]", b"{", b'"text"', b"\xff\xfe", b'{"login":"\\ud800"}', b"[" * 5000, b'{"reason":1}']
POSTS = [
    ("/session", ""),
    ("/device/session", ""),
    ("/verify", ""),
    ("/verify/report", ""),
    ("/missing-vouchers/none/rebuild", "nadia"),
    ("/sync/grants", ""),
    ("/enrolments/NOCODE00", ""),
    ("/users", "tarek"),
    ("/users/usr_omar/revoke", "tarek"),
    ("/enrolments", "tarek"),
    ("/devices/dev_none/revoke", "tarek"),
    ("/books", "tarek"),
    ("/assignments", "tarek"),
    ("/void-requests/none/approve", "nadia"),
    ("/vouchers/none/reverse", "nadia"),
    ("/suspense/none/release", "nadia"),
    ("/suspense/1/reject", "nadia"),
]
GETS = [
    ("/nothing", ""),
    ("/sync", ""),
    ("/users/usr_omar", "tarek"),
    ("/board?day=yesterday", "nadia"),
    ("/board?day=2026-13-45", "nadia"),
    ("/plans/usr_omar/today", "nadia"),
    ("/plans/usr_omar", "nadia"),
    ("/customers?page=first", "nadia"),
    ("/reports/aging?as_of=never", "nadia"),
    ("/reports/aging?age_by=size", "nadia"),
    ("/reports/aging?basis=mood", "nadia"),
    ("/reports/aging?buckets=", "nadia"),
    ("/reports/aging?buckets=a,b", "nadia"),
    ("/reports/aging?buckets=90,30", "nadia"),
    ("/reports/aging?buckets=0", "nadia"),
    ("/deposits/none", "nadia"),
    ("/vouchers/none/paper.pdf?copy=two", "nadia"),
    ("/attachments/short", "omar"),
    ("/enrolments/NOCODE00", ""),
    ("/device/challenge/x", ""),
]
OTHERS = [
    ("DELETE", "/users", "tarek", {}),
    ("GET", "/sync/push", "", {}),
    ("PUT", "/sync/push", "", {"content": b"{}"}),
    ("POST", "/sync/push", "", {"content": b"x"}),
    ("PATCH", "/board", "nadia", {}),
    ("POST", "/health", "", {}),
    ("PUT", f"/plans/usr_omar/{DAY}", "nadia", {"content": b"{}", "headers": JSON}),
    ("PUT", f"/plans/usr_omar/{DAY}", "nadia", {"content": b'{"stops":[1]}', "headers": JSON}),
    ("POST", "/imports/nothing", "tarek", {"content": b"a,b\n1,2\n"}),
    ("POST", "/imports/items", "tarek", {"content": b""}),
    ("POST", "/imports/items", "tarek", {"content": b"a,b\n1,2\n"}),
    ("POST", "/imports/customers?dates=sideways", "tarek", {"content": b"code,name\n1,a\n"}),
    ("POST", "/imports/customers?mapping=%5B", "tarek", {"content": b"code,name\n1,a\n"}),
    ("POST", "/imports/customers?name=x.xlsx", "tarek", {"content": b"PK\x03\x04 no workbook"}),
    ("POST", "/imports/customers?encoding=klingon", "tarek", {"content": b"code,name\n1,a\n"}),
    ("POST", "/imports/customers?delimiter=%00", "tarek", {"content": b"code,name\n1,a\n"}),
    ("POST", "/imports/customers?header_line=-1", "tarek", {"content": b"code,name\n1,a\n"}),
    ("POST", "/imports/items?until=-1", "tarek", {"content": b"customer,number,open\nC-1,1,5\n"}),
    ("POST", "/imports/items?until=99999999999999999999", "tarek",
     {"content": b"customer,number,date,open,due,currency\nC-1,1,2026-01-01,5,2026-01-01,EGP"}),
    ("PUT", f"/attachments/{'0' * 64}", "omar", {"content": bytes(33 * 1024 * 1024)}),
    ("POST", "/users", "tarek", {"content": bytes(33 * 1024 * 1024), "headers": JSON}),
]  # fmt: skip


def told(answer: Any) -> ProblemDocument:
    """The problem document of an error reply, checked in every field."""
    assert answer.status_code >= 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = msgspec.json.decode(answer.content, type=ProblemDocument, strict=True)
    assert document.code in CODES
    assert document.status == answer.status_code == STATUS[Problem(document.code)]
    assert document.type == f"/problems/{document.code}"
    assert document.title
    for inside in ("Traceback", 'File "', ".py", "site-packages", "SELECT ", "sqlite"):
        assert inside not in answer.text
    return document


def test_every_code_has_its_status():
    """The closed set is whole: a problem without a status could not be told."""
    assert set(STATUS) == set(Problem)


@pytest.mark.parametrize(("path", "login"), POSTS, ids=[path for path, _ in POSTS])
def test_a_body_that_makes_no_sense_is_malformed(shared: Office, path: str, login: str):
    """Whatever is sent instead of the asked shape is the caller's fault and told as such."""
    for raw in BAD_BODIES:
        answer = shared.call("POST", path, login, content=raw, headers=JSON)
        if raw in (b"", b'{"reason":1}') and answer.status_code == 404:
            continue  # to say nothing is a whole decision; the thing itself is unknown
        assert told(answer).code == "malformed", raw[:20]


@pytest.mark.parametrize(("path", "login"), GETS, ids=[path for path, _ in GETS])
def test_a_question_that_makes_no_sense_is_told_so(shared: Office, path: str, login: str):
    """Unknown doors, ids and senseless parameters: 4xx in one shape."""
    assert told(shared.get(path, login)).status < 500


@pytest.mark.parametrize(("method", "path", "login", "more"), OTHERS, ids=[f"{m} {p}" for m, p, _, _ in OTHERS])
def test_other_calls_that_make_no_sense_are_told_so(
    shared: Office, method: str, path: str, login: str, more: dict[str, Any]
):
    """Wrong methods, files and sizes: 4xx in one shape, and nothing is written."""
    before = shared.journal()

    assert told(shared.call(method, path, login, **more)).status < 500
    assert shared.journal() == before


def test_a_fault_of_ours_is_told_without_its_inside(office: Office, monkeypatch: pytest.MonkeyPatch):
    """An unexpected exception is logged whole and answered with its bare name."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(board, "day_of", broken)

    answer = office.get("/board", "nadia")

    assert told(answer).code == "unexpected"
    assert "42" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/", "/today", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/assets/../../company.sqlite",
        f"/{'x' * 300}", "/%00", "/assets/none.js", "/api/v1", "/api/v2/users", "/api/",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_application(shared: Office, path: str):
    """Without a built application every path is a problem; none reads a file outside it or breaks."""
    assert told(shared.client.get(path)).code == "not_found"


def test_the_application_is_served_byte_for_byte(office: Office):
    """The page for every screen, its files as they are, hashed ones for ever, all under a strict policy."""
    root = office.company.settings.pwa
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_bytes(b"<!doctype html><title>Sanad</title>")
    (root / "assets" / "app-1.js").write_bytes(b"let x = 1;\n" * 100)
    (root.parent / "secret.txt").write_bytes(b"secret")

    for path in ("/", "/today", "/deposits/new", "/%2e%2e/secret.txt", "/../secret.txt"):
        answer = office.client.get(path)
        assert answer.content == b"<!doctype html><title>Sanad</title>"
        assert answer.headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    script = office.client.get("/assets/app-1.js")
    assert script.content == b"let x = 1;\n" * 100
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    assert office.client.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
