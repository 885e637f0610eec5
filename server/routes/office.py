"""The administrator's door: users, devices, enrolment codes, books, assignments."""

from litestar import get, post
from litestar.params import FromPath, JSONBody

from schemas.codes import Problem
from schemas.documents import Book, Device, User
from schemas.entries.customers import CustomersAssigned
from schemas.entries.people import DeviceRevoked, UserEnrolled, UserRevoked
from schemas.wire import AssignWish, BookWish, CodeMade, CodeWish, DeviceRow, RevokeWish, UserRow, UserWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.identity.sessions import hash_password
from server.ids import new_code, new_id
from server.inbox import Writer
from server.problems import ProblemError
from server.reads import all_of, contacts_of, one, rows
from server.writes import assign_book, expires, keep_code, settings, user_named, write

ROLES = ("collector", "cashier", "supervisor", "administrator")
PASSWORD_LENGTH = 10


@get("/api/v1/users")
async def users(request: AnyRequest) -> list[UserRow]:
    allow(await caller_of(request), "administrator", "supervisor")
    async with company_of(request).reading() as db:
        people = await all_of(db, User)
        devices = await all_of(db, Device)
        counts = dict(
            await rows(
                db,
                "SELECT c.value, count(*) FROM record r, json_each(r.body, '$.collectors') c"
                " WHERE r.type = 'customer' GROUP BY c.value",
            )
        )
    for device in devices:
        device.grant = None
    return [
        UserRow(user, [device for device in devices if device.user == user.id], counts.get(user.id, 0))
        for user in people
    ]


@post("/api/v1/users")
async def save_user(request: AnyRequest, data: JSONBody[UserWish]) -> User:
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    login = data.login.strip().lower()
    if not login or not data.name.strip():
        raise ProblemError(Problem.MALFORMED, "login and name are needed", field="login" if not login else "name")
    if data.role not in ROLES:
        raise ProblemError(Problem.MALFORMED, "no such role", field="role", value=data.role)
    if data.password and len(data.password) < PASSWORD_LENGTH:
        raise ProblemError(Problem.MALFORMED, f"at least {PASSWORD_LENGTH} characters", field="password")
    hashed = hash_password(data.password) if data.password else ""

    def task(writer: Writer) -> str:
        state = writer.state()
        if data.branch not in {branch.branch for branch in settings(state).branches}:
            raise ProblemError(Problem.MALFORMED, "no such branch", field="branch", value=data.branch)
        id = data.user or new_id("usr")
        db = company.store.db
        owner = db.execute("SELECT id FROM record WHERE type = 'user' AND body ->> '$.login' = ?", (login,)).fetchone()
        if owner and owner[0] != id:
            raise ProblemError(Problem.MALFORMED, "this login is taken", field="login", value=login)
        if data.user:
            user_named(state, data.user)
        write(writer, "user_enrolled",
              UserEnrolled(id, login, data.name.strip(), data.name_ar.strip() or data.name.strip(), data.role,  # type: ignore[arg-type]
                           data.branch), caller.user)  # fmt: skip
        if hashed:
            db.execute(
                "INSERT INTO credential VALUES (?,?,?) ON CONFLICT (user) DO UPDATE SET login = excluded.login,"
                " hash = excluded.hash",
                (id, login, hashed),
            )
        else:
            db.execute("UPDATE credential SET login = ? WHERE user = ?", (login, id))
        return id

    id = await company.run(task)
    async with company.reading() as db:
        user = await one(db, User, id)
    assert user is not None  # noqa: S101 -- it has just been written
    return user


@post("/api/v1/users/{id:str}/revoke", status_code=200)
async def revoke_user(request: AnyRequest, id: FromPath[str], data: JSONBody[RevokeWish]) -> User:
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    await company.run(lambda writer: write(writer, "user_revoked", UserRevoked(id, data.reason), caller.user))
    async with company.reading() as db:
        user = await one(db, User, id)
    assert user is not None  # noqa: S101 -- an unknown one has been refused
    return user


@post("/api/v1/enrolments")
async def make_code(request: AnyRequest, data: JSONBody[CodeWish]) -> CodeMade:
    """A one-time code for a phone of a collector, or for a counting desk of a branch; valid for a day."""
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    if data.purpose not in ("phone", "desk"):
        raise ProblemError(Problem.MALFORMED, "purpose is phone or desk", field="purpose", value=data.purpose)

    def task(writer: Writer) -> CodeMade:
        state = writer.state()
        company_now = settings(state)
        branch = data.branch
        if data.purpose == "phone":
            user = user_named(state, data.user)
            branch = user.branch
            if user.role != "collector" or not user.active:
                raise ProblemError(Problem.MALFORMED, "phones are for active collectors", field="user", value=data.user)
        elif data.branch not in {one.branch for one in company_now.branches}:
            raise ProblemError(Problem.MALFORMED, "no such branch", field="branch", value=data.branch)
        code, until = new_code(), expires(company.clock())
        keep_code(company, code, data.purpose, data.user if data.purpose == "phone" else "", branch, until, caller.user)
        return CodeMade(code, f"{company_now.address}/enrol#{code}", until)

    return await company.run(task)


@get("/api/v1/devices")
async def devices(request: AnyRequest) -> list[DeviceRow]:
    allow(await caller_of(request), "administrator", "supervisor")
    company = company_of(request)
    async with company.reading() as db:
        found = await all_of(db, Device)
        people = {user.id: user for user in await all_of(db, User)}
        books: dict[str, list[Book]] = {}
        for book in await all_of(db, Book):
            book.grant = None
            books.setdefault(book.device, []).append(book)
        for device in found:
            device.grant = None
        contacts = await contacts_of(db)
        heads = dict(await rows(db, "SELECT w.text, h.seq FROM head h JOIN word w ON w.no = h.device"))
    return [
        DeviceRow(
            device=device,
            user=people.get(device.user),
            seq=heads.get(device.id, 0),
            last_contact=contact.at if contact else "",
            unsent=contact.head.manifest.unsent if contact else 0,
            oldest_unsent=contact.head.manifest.oldest_at if contact else "",
            unsent_totals=contact.head.manifest.totals if contact else [],
            app=contact.head.app if contact else "",
            books=books.get(device.id, []),
        )
        for device in found
        for contact in [contacts.get(device.id)]
    ]


@post("/api/v1/devices/{id:str}/revoke", status_code=200)
async def revoke_device(request: AnyRequest, id: FromPath[str], data: JSONBody[RevokeWish]) -> Device:
    """Stop a device. What it sends from now on is kept under review, its money in suspense."""
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    if data.state not in ("revoked", "lost", "retired"):
        raise ProblemError(Problem.MALFORMED, "state is revoked, lost or retired", field="state", value=data.state)

    def task(writer: Writer) -> None:
        seq = writer.store.heads([id])[id].seq
        write(writer, "device_revoked", DeviceRevoked(id, data.state, data.reason, seq), caller.user)  # type: ignore[arg-type]

    await company.run(task)
    async with company.reading() as db:
        device = await one(db, Device, id)
    assert device is not None  # noqa: S101 -- an unknown one has been refused
    device.grant = None
    return device


@get("/api/v1/books")
async def books(request: AnyRequest) -> list[Book]:
    allow(await caller_of(request), "administrator", "supervisor", "cashier")
    async with company_of(request).reading() as db:
        found = await all_of(db, Book)
    for book in found:
        book.grant = None
    return found


@post("/api/v1/books")
async def give_book(request: AnyRequest, data: JSONBody[BookWish]) -> Book:
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)

    def task(writer: Writer) -> str:
        device = writer.state().get(Device, data.device)
        if device is None or device.purpose != "phone":
            raise ProblemError(Problem.NOT_FOUND, "no such phone", device=data.device)
        return assign_book(writer, device, data.leaves, caller.user)

    id = await company.run(task)
    async with company.reading() as db:
        book = await one(db, Book, id)
    assert book is not None  # noqa: S101 -- it has just been written
    return book


@post("/api/v1/assignments", status_code=200)
async def assign(request: AnyRequest, data: JSONBody[AssignWish]) -> dict[str, int]:
    """Customers enter or leave a portfolio, at most 200 an entry, each entry its own transaction."""
    caller = await caller_of(request)
    allow(caller, "administrator", "supervisor")
    company = company_of(request)
    if data.action not in ("assign", "unassign"):
        raise ProblemError(Problem.MALFORMED, "action is assign or unassign", field="action", value=data.action)
    for start in range(0, len(data.customers), 200):
        body = CustomersAssigned(data.collector, data.customers[start : start + 200], data.action)  # type: ignore[arg-type]
        await company.run(lambda writer, body=body: write(writer, "customers_assigned", body, caller.user))  # type: ignore[misc]
    return {"customers": len(data.customers)}
