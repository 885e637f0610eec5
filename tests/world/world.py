"""A company in a bottle: phones, desks, an office, a network between them, and everything that can go wrong, from one
seed.

A step lets one thing happen: a tab goes on to its next request, a message arrives, somebody does something, something
breaks. After every step the auditor looks at everything. When the acts are used up the faults stop, and all must come
to rest: outboxes empty, every device shows what the office has, the books add up.
"""

import copy
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar, cast

import msgspec

from schemas.codes import Problem as Code
from schemas.documents import Device, Notice, User
from schemas.entries import Envelope
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted, StatedCustomer, StatedItem
from schemas.entries.notices import CustomerNotified
from schemas.entries.people import DeviceEnrolled, UserEnrolled
from schemas.entries.receipts import Tender
from schemas.entries.shapes import Grant
from schemas.wire import PullReply, PushReply
from server.keys import SigningKey
from server.problems import ProblemError
from server.replay import digest, rebuild
from server.verify import verify
from sync.chain import b64, hash_of
from sync.qr import QrPayload, build, totals_of
from tests.world import people
from tests.world.auditor import Auditor, Paper, Violation, whole_lines
from tests.world.device import (
    BATCH_MAX,
    Ask,
    Blocked,
    HandleDied,
    Problem,
    SimDevice,
    Stalled,
    Step,
    StorageFailed,
    Tab,
    Unreachable,
    spliced,
)
from tests.world.keys import key_number
from tests.world.odds import Odds, drawn
from tests.world.office import COMPANY, Answer, Office, Refusal, drawn_ids, uuid_of
from tests.world.storage import CopyFile, Database, Stored, Stray
from tests.world.stores import FILES, Engine, Place, scratch

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
CAIRO = timezone(timedelta(hours=2))
ROUNDS = 40
"""In how many rounds everything must have come to rest once the faults stop."""
ENDINGS = (Blocked, Unreachable, Problem, Stalled, HandleDied, StorageFailed)
"""How a tab's work may end early: told on the screen, tried again later."""
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Task:
    """One tab at work. thrown: what it meets when it goes on; answer: what it is given."""

    device: SimDevice
    tab: Tab
    name: str
    letter: "Letter | None" = None
    answer: Any = None
    thrown: Exception | None = None
    after: Callable[[], None] | None = None


@dataclass(eq=False, slots=True)
class Letter:
    """A request on its way, then its answer on the way back. task: who waits for it, if anybody still does."""

    device: SimDevice
    ask: Ask
    task: Task | None
    answer: Answer = None
    answered: bool = False


class _Outer(msgspec.Struct):
    head: str


class _Head(msgspec.Struct):
    device: str


@cache
def template(engine: Engine, leaves: int) -> Place:
    """The company before its first day, made once per process."""
    random = Random(f"template {leaves}")
    with drawn_ids(random):
        office = Office(engine.place(scratch()), lambda: START - timedelta(days=1), random, leaves)
        for user, branch in [
            *people.COLLECTORS,
            *people.CASHIERS,
            (people.SUPERVISOR, "brn_cai"),
            (people.ADMIN, "brn_cai"),
        ]:
            roles = dict.fromkeys((one for one, _ in people.COLLECTORS), "collector")
            roles |= dict.fromkeys((one for one, _ in people.CASHIERS), "cashier")
            roles |= {people.SUPERVISOR: "supervisor", people.ADMIN: "administrator"}
            login = user.removeprefix("usr_")
            role: Any = roles[user]
            assert office.say("user_enrolled", UserEnrolled(user, login, login.title(), "اسم", role, branch))
        customers = [
            StatedCustomer(id, id.upper(), f"Shop {id}", currency, email=people.EMAILS.get(id, ""))
            for id, currency in people.CUSTOMERS.items()
        ]
        assert office.say("customers_upserted", CustomersUpserted(customers))
        items = [
            StatedItem(f"{id}-i{n}", id, f"INV-{id}-{n}", currency, people.DAY, people.DAY, 20_000 * n)
            for id, currency in people.CUSTOMERS.items()
            for n in (1, 2)
        ]
        assert office.say("items_upserted", ItemsUpserted(items))
        for index, (user, _) in enumerate(people.COLLECTORS):
            portfolio = [id for number, id in enumerate(people.CUSTOMERS) if (number + index) % 3]
            assert office.say("customers_assigned", CustomersAssigned(user, portfolio))
        office.close()
    return office.place


@dataclass(eq=False)
class World:
    seed: int
    folder: Path
    odds: Odds = field(default_factory=Odds)
    weather: str = ""
    engine: Engine = FILES
    said: deque[str] = field(default_factory=lambda: deque(maxlen=60))
    now: datetime = START
    quiet: bool = True
    steps: int = 0
    cheques: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    devices: list[SimDevice] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    away: dict[SimDevice, int] = field(default_factory=dict)
    bags: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What lies in a deposit's bag, by its id: only the counting hands see it."""
    relapses: list[tuple[int, SimDevice, Callable[[], None]]] = field(default_factory=list)
    papers: dict[str, tuple[Paper, str]] = field(default_factory=dict)
    """What customers hold, by the hash of the entry, with the text of its code."""
    auditor: Auditor = field(default_factory=Auditor)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        if not self.weather:
            self.weather, self.odds = drawn(self.random)
        self.keys = 0
        self.codes = 0
        self.page = self.random.choice((3, 10, 1000))
        self.collectors = [user for user, _ in people.COLLECTORS[: self.random.randint(1, 3)]]
        place = self.engine.copy(template(self.engine, self.random.choice((3, 6, 20))), self.folder)
        self.office = Office(place, lambda: self.now, self.random, many=self.random.random() < 0.6)

    # ---- what devices take from here (device.Surroundings)

    def clock(self, device: SimDevice) -> datetime:
        return (self.now + device.offset).astimezone(CAIRO)

    def new_id(self) -> str:
        return uuid_of(self.now, self.random)

    def new_key(self) -> SigningKey:
        self.keys += 1
        return key_number(self.keys)

    def wipes(self, device: SimDevice) -> None:
        self.say(f"{device.name} is wiped")
        self.auditor.told_wiped(device.name, held(device), knows=device.db.epoch == self.office.epoch)

    def wrote(self, device: SimDevice, entry: Stored) -> None:
        self.say(f"{device.name} wrote {entry.kind} {entry.seq}")
        self.auditor.told_saved(entry.hash, entry.device, entry.seq)

    def copy_fails(self, device: SimDevice) -> bool:
        return self.strikes("copy_failed")

    def pulled(self, device: SimDevice) -> None:
        self.auditor.look_at_pulled(device.name, device.db)
        if self.likely(5 if not self.quiet else 0):
            self.fresh_load(device)

    # ---- dice and words

    def likely(self, percent: float) -> bool:
        return self.random.random() * 100 < percent

    def strikes(self, fault: str) -> bool:
        """Whether a fault happens now."""
        percent = getattr(self.odds, fault)
        if self.quiet or not percent or not self.likely(percent):
            return False
        self.faults[fault] = self.faults.get(fault, 0) + 1
        return True

    def drawn(self, weighted: list[tuple[T, int]]) -> T:
        return self.random.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]

    def pick(self, found: list[T]) -> T | None:
        return self.random.choice(found) if found else None

    def say(self, what: str) -> None:
        self.said.append(f"{self.steps:5} {self.now:%d %H:%M} {what}")

    def show(self, device: SimDevice, entry: Stored) -> None:
        """The customer sees the voucher."""
        body = msgspec.json.decode(entry.body)
        self.say(f"{device.name} shows {body['number']}")
        self.auditor.told_shown(entry.hash, entry.device, entry.seq, entry.body)
        if entry.hash not in self.papers and entry.device in device.db.keys:
            self.papers[entry.hash] = (self.auditor.shown[entry.hash], self.code_of(device, entry, body))

    def code_of(self, device: SimDevice, entry: Stored, body: dict[str, Any]) -> str:
        """The text in the voucher's QR code, as its phone signs it."""
        key, totals = device.db.keys[entry.device], totals_of(msgspec.convert(body["tenders"], list[Tender]))
        code = body["customer"].upper()
        payload = QrPayload(COMPANY, entry.device, key.id, entry.seq, entry.hash, body["number"], entry.at[:10], code,
                            totals)  # fmt: skip
        text = build(payload)
        return f"{text}.{key.sign(text.encode())}"

    # ---- a whole life

    def run(self) -> None:
        with drawn_ids(self.random):
            self.found()
            self.quiet = False
            acts = self.random.randint(40, 160)
            while acts > 0:
                acts -= self.step()
            self.come_to_rest()
        self.office.close()

    def found(self) -> None:
        for user in self.collectors:
            self.add_device(user, "phone")
        for user, _ in people.CASHIERS[: 1 if len(self.collectors) < 3 else 2]:
            self.add_device(user, "desk")
        for device in self.devices:
            if self.strikes("odd_app") or (self.odds.odd_app and self.likely(self.odds.odd_app)):
                device.app = self.random.choice(("newer", "older"))
        self.check()

    def add_device(self, user: str, purpose: str) -> None:
        device = SimDevice(f"{user.removeprefix('usr_')}-{len(self.devices)}", user, purpose, self)
        self.devices.append(device)
        quiet, self.quiet = self.quiet, True
        self.enrol(device)
        self.go(Task(device, device.exchange(), "exchange"))
        self.quiet = quiet

    def enrol(self, device: SimDevice) -> None:
        self.codes += 1
        code = f"CODE{self.codes:04d}"
        branch = dict([*people.COLLECTORS, *people.CASHIERS])[device.user]
        self.say(f"{device.name} enrols with {code}")
        if device.db.chains:
            self.auditor.excused.add(device.user)  # two chains of one collector arrive in any order
        self.office.make_code(device.purpose, device.user if device.purpose == "phone" else "", branch, code)
        self.go(Task(device, device.enrol(code), "enrol"))

    def step(self) -> int:
        """Let one thing happen. Returns whether it was an act of somebody."""
        self.steps += 1
        self.now += timedelta(seconds=self.random.choice((1, 5, 30, 300, 2000)))
        acted = 0
        ready = [task for task in self.tasks if task.letter is None]
        waiting = len(ready) + len(self.letters)
        if waiting and self.random.random() < 0.65:
            chosen = self.random.randrange(waiting)
            if chosen < len(ready):
                self.go(ready[chosen])
            else:
                self.deliver(self.letters[chosen - len(ready)])
        elif self.random.random() < 0.2:
            self.something_breaks()
        else:
            acted = 1
            self.somebody_acts()
        self.check()
        return acted

    def look_at_office(self) -> None:
        self.auditor.look_at_journal(self.office.place)
        self.auditor.look_at_documents(self.office.place)

    def check(self) -> None:
        self.auditor.look(self.office.place, [(one.db, None if one.settled else one.copy) for one in self.devices])
        for device in self.devices:
            self.auditor.look_at_phone(device.name, device.db, self.office.epoch)

    # ---- people

    def somebody_acts(self) -> None:
        if self.random.random() < 0.2:
            self.break_office()
            office_act = self.drawn(people.OFFICE_ACTS)
            self.say(f"the office: {office_act.__name__}")
            office_act(self)
            return
        device = self.random.choice(self.devices)
        if device.gone:
            return
        if not device.on:
            self.boot(device)
            return
        if self.needs_help(device) and self.likely(30):
            self.help(device)
            return
        busy = [task for task in self.tasks if task.device is device]
        room = 3 if self.odds.other_tab else 1
        if len(busy) >= room:
            return
        if self.random.random() < 0.35:
            if all(task.name != "exchange" for task in busy):  # a lock in the browser lets one tab exchange at a time
                self.begin(device, device.exchange(), "exchange")
            return
        choices = people.COLLECTOR_ACTS if device.purpose == "phone" else people.DESK_ACTS
        act = self.drawn(choices)
        self.begin(device, act(self, device), act.__name__)

    def needs_help(self, device: SimDevice) -> bool:
        db = device.db
        chain = db.chains.get(device.id)
        behind = chain is not None and chain.office_seq > chain.seq
        return db.identity is None or db.device_state != "active" or behind

    def help(self, device: SimDevice) -> None:
        """A phone that may not write any more is enrolled again, on the same phone."""
        user = self.office.document(User, device.user)
        if user is not None and user.active and not any(task.device is device for task in self.tasks):
            self.break_office()
            self.enrol(device)

    def begin(self, device: SimDevice, tab: Tab, name: str, after: Callable[[], None] | None = None) -> None:
        self.say(f"{device.name}: {name}")
        self.go(Task(device, tab, name, after=after))

    def boot(self, device: SimDevice) -> None:
        device.on = True
        self.begin(device, device.start(), "start")

    # ---- tabs

    def go(self, task: Task) -> None:
        """Let a tab go on until it asks the office, pauses between two steps, ends, or dies."""
        if task not in self.tasks:
            self.tasks.append(task)
        answer, thrown = task.answer, task.thrown
        task.answer = task.thrown = None
        while True:
            try:
                signal = task.tab.throw(thrown) if thrown is not None else task.tab.send(answer)
            except StopIteration:
                return self.ended(task)
            except ENDINGS as why:
                self.say(f"{task.device.name}: {task.name} ends with {why!r}")
                return self.ended(task)
            answer = thrown = None
            if isinstance(signal, Ask):
                if not self.post(task, signal):
                    return None
                answer, thrown = task.answer, task.thrown
                task.answer = task.thrown = None
                continue
            if self.strikes("phone_crash"):
                return self.crash(task.device, signal)
            thrown = self.storage_trouble(signal)
            if thrown is None and self.strikes("other_tab"):
                return None

    def storage_trouble(self, step: Step) -> Exception | None:
        if step.what.endswith("a transaction") and self.strikes("handle_died"):
            return HandleDied()
        if step.what == "before a transaction" and self.strikes("storage_failed"):
            return StorageFailed()
        return None

    def ended(self, task: Task) -> None:
        self.tasks.remove(task)
        if task.after is not None:
            task.after()

    def crash(self, device: SimDevice, step: Step | None = None) -> None:
        """The phone dies, here and now; what its tabs held in memory is gone."""
        self.say(f"{device.name} dies {step.what if step else ''}")
        if step is not None and step.line is not None and self.likely(50):
            of, line = step.line
            device.copy.tear(of, line, self.random.randrange(len(line)))
        for task in [task for task in self.tasks if task.device is device]:
            task.tab.close()
            self.tasks.remove(task)
            if task.letter is not None:
                task.letter.task = None
        device.forget()
        device.on = False

    # ---- network

    def post(self, task: Task, ask: Ask) -> bool:
        """Returns whether the tab can go on at once."""
        if task.device in self.away:
            task.thrown = Unreachable()
            return True
        letter = Letter(task.device, ask, task)
        if self.strikes("lost_request"):
            task.thrown = Unreachable()
            if self.likely(40):  # it was only slow
                letter.task = None
                self.letters.append(letter)
            return True
        task.letter = letter
        self.letters.append(letter)
        if not self.strikes("slow"):
            self.deliver(letter)
        return task.letter is None

    def deliver(self, letter: Letter) -> None:
        if not letter.answered:
            self.arrive(letter)
            if letter.task is not None and letter in self.letters and not self.strikes("slow"):
                self.come_back(letter)
            elif letter.task is None and letter in self.letters:
                self.letters.remove(letter)
            return
        self.come_back(letter)
        if letter.task is None and letter in self.letters:
            self.letters.remove(letter)

    def come_back(self, letter: Letter) -> None:
        """The answer reaches the tab that waits for it."""
        self.letters.remove(letter)
        task = letter.task
        if task is None:
            return
        letter.task = None
        task.letter = None
        if letter.answer is None or self.strikes("lost_reply"):
            self.say(f"{task.device.name}: no answer to its {letter.ask.what}")
            task.thrown = Unreachable()
        elif isinstance(letter.answer, Refusal):
            refusal = letter.answer
            self.say(f"{task.device.name}: {letter.ask.what} is refused, {refusal.code} {refusal.facts}")
            task.thrown = Problem(refusal.status, refusal.code, refusal.facts)
        else:
            task.answer = letter.answer

    def arrive(self, letter: Letter) -> None:
        self.break_office()
        if letter.ask.what == "push":
            others = [one for one in self.letters if one.ask.what == "push" and not one.answered and one is not letter]
            together = [letter, *(one for one in others if self.likely(50))]
        else:
            together = [letter]
        if self.strikes("twice"):
            again = Letter(letter.device, letter.ask, None)
            if letter.ask.what == "push" and self.likely(50):
                together.append(again)
            else:
                self.letters.append(again)
        runs = self.office.runs
        if letter.ask.what == "push":
            raws = [one.ask.raw for one in together]
            answers = self.office.pushes(raws)
            told = list(zip(raws, answers, strict=True))
        elif letter.ask.what == "rescue":
            told = self.office.rescue(letter.ask.raw)
            answers = [b"{}"]
        else:
            told, answers = [], [self.answer(letter)]
        if self.office.runs > runs:
            self.say("the server died and was started again")
        self.auditor.look_at_journal(self.office.place)
        for one, answer in zip(together, answers, strict=True):
            one.answer, one.answered = answer, True
        for raw, answer in told:
            if isinstance(answer, bytes):
                head = msgspec.json.decode(msgspec.json.decode(raw, type=_Outer).head, type=_Head)
                self.auditor.told_answer(head.device, msgspec.json.decode(answer, type=PushReply))
        self.auditor.look_at_documents(self.office.place)

    def answer(self, letter: Letter) -> Answer:
        device, ask = letter.device, letter.ask
        match ask.what:
            case "session":
                if device.purpose == "desk":
                    return b"{}"
                return self.office.session(device.id, device.user)
            case "pull":
                if not self.may_pull(device):
                    return Refusal(ProblemError(Code.NOT_LOGGED_IN, "stopped"))
                return self.office.pull(self.scopes(device), ask.args[0], self.page)
            case "grants":
                return self.office.grants(ask.raw)
            case "enrol":
                return self.office.enrol(*ask.args)
            case _:
                raise ValueError(ask.what)

    def may_pull(self, device: SimDevice) -> bool:
        user = self.office.document(User, device.user)
        if user is None or not user.active:
            return False
        found = self.office.document(Device, device.id)
        return device.purpose == "desk" or (found is not None and found.state == "active")

    def scopes(self, device: SimDevice) -> list[str]:
        branch = dict(people.CASHIERS).get(device.user)
        return ["all", f"branch:{branch}"] if branch else ["all", f"user:{device.user}"]

    # ---- what breaks

    def break_office(self) -> None:
        if self.strikes("server_crash"):
            self.office.store.fuse = self.random.randint(0, 30)
        if self.strikes("store_failed"):
            calls = 12 if self.office.place.servers == 1 else 25
            self.office.store.spared = self.random.randint(0, calls)
            self.office.store.failing = self.random.randint(1, 6)
            if self.office.place.servers > 1 and self.likely(15):
                self.office.store.failing = 80  # the database is away for longer than a writer has patience

    def something_breaks(self) -> None:
        for device, left in list(self.away.items()):
            self.away[device] = left - 1
            if left <= 1:
                del self.away[device]
        for letter in self.letters:
            if letter.task is not None and self.likely(20):  # patience is over; the letter travels on alone
                letter.task.letter, letter.task.thrown = None, Unreachable()
                letter.task = None
        for due in [one for one in self.relapses if one[0] <= self.steps]:
            self.relapses.remove(due)
            if not due[1].gone:
                self.losing(due[1], "opens an older database", due[2])
        for lost in [one for one in self.devices if one.gone]:
            if self.strikes("found"):
                self.say(f"{lost.name} turns up again")
                lost.gone = False
        device = self.random.choice(self.devices)
        for fault in ("partition", "clock", "rescue", "wipe", "relapse", "rot", "clone", "restore", "forgery"):
            if not device.gone and self.strikes(fault):
                getattr(self, f"fault_{fault}")(device)

    def fault_partition(self, device: SimDevice) -> None:
        self.say(f"{device.name} has no network")
        self.away[device] = self.random.randint(1, 12)

    def fault_clock(self, device: SimDevice) -> None:
        device.offset = timedelta(hours=self.random.choice((-90, -30, -2, 0, 0, 1, 30, 90)))
        self.say(f"{device.name}'s clock is off by {device.offset}")

    def fault_rescue(self, device: SimDevice) -> None:
        """Somebody else brings what the phone had not handed in, perhaps much later."""
        pushes = device.rescue_file()
        if pushes and device.id:
            self.say(f"a rescue file of {device.name} is on its way")
            self.letters.append(Letter(device, Ask("rescue", self.office.sealed(device.id, pushes)), None))

    def fault_forgery(self, device: SimDevice) -> None:
        """Somebody makes himself a phone: a grant that looks like one and was signed by another key, or by none."""
        key = self.new_key()
        body = msgspec.json.encode(
            DeviceEnrolled(f"dev_{self.random.getrandbits(64):016x}", "Q9", "phone", device.user, "brn_cai",
                           public_key=key.spki, key=key.id)
        )  # fmt: skip
        envelope = msgspec.json.encode(
            Envelope(1, COMPANY, "srv_0001", 9_999, "", "system", self.now.isoformat(), "device_enrolled",
                     self.new_id(), b64(hash_of(body)))
        )  # fmt: skip
        grant = Grant(envelope.decode(), body.decode(), self.random.choice(("", key.sign(envelope))))
        self.say("somebody brings a grant of his own making")
        self.letters.append(Letter(device, Ask("grants", b'{"grants":[%b]}' % spliced(grant)), None))

    def losing(self, device: SimDevice, what: str, lose: Callable[[], None]) -> None:
        """A fault that takes entries away from a device: what nobody holds any more is known to be lost."""
        before = held(device)
        self.crash(device)
        lose()
        gone = before - set(self.auditor.books.rows)
        for other in self.devices:
            gone -= held(other)
        self.auditor.told_lost(gone)
        self.auditor.may_fork.update(device.db.chains)
        self.auditor.excused.add(device.user)
        self.auditor.told_relapsed(device.name)
        self.say(f"{device.name} {what}; {len(gone)} entries are lost for good")

    def fault_wipe(self, device: SimDevice) -> None:
        """The browser opens an empty database; with luck the second copy is there. Or the phone itself is lost."""
        if device.purpose == "phone" and self.likely(30):
            self.crash(device)
            self.say(f"{device.name} is lost")
            device.gone = True
            user = self.office.document(User, device.user)
            self.auditor.excused.add(device.user)
            if user is not None and user.active:
                self.add_device(device.user, device.purpose)
            return
        chains = set(device.db.chains)
        all_of_it = self.likely(40)

        def empty() -> None:
            device.db = Database()
            if all_of_it:
                device.copy = CopyFile()

        self.losing(device, "opens an empty database", empty)
        self.auditor.may_fork |= chains

    def fault_relapse(self, device: SimDevice) -> None:
        """The database of some moments ago is back; the second copy is not."""
        older = copy.deepcopy(device.db)
        keys = dict(device.db.keys)

        def later() -> None:
            if device.gone or device.db.identity is None:
                return
            device.db = older
            device.db.keys = keys

        self.say(f"{device.name}'s database is kept aside")
        self.relapses.append((self.steps + self.random.randint(5, 60), device, later))

    def fault_rot(self, device: SimDevice) -> None:
        """An entry and its copy cannot be read any more."""
        entry = self.pick([one for one in device.db.unsent() if one.device in device.db.keys])
        if entry is None:
            return

        def lose() -> None:
            device.db.entries.pop((entry.device, entry.seq), None)
            lines = [line for line in device.copy.lines(entry.device) if line != entry.wire()]
            device.copy.files[entry.device] = b"".join(line + b"\n" for line in lines)

        self.losing(device, f"cannot read entry {entry.seq} any more", lose)

    def fault_clone(self, device: SimDevice) -> None:
        """A second phone comes up from a backup of the first."""
        if device.db.identity is None or device.purpose != "phone" or len(self.devices) > 6:
            return
        if device.db.draft is None and self.likely(50):  # made in the middle of a visit: one payment, two vouchers
            device.db.draft = people.drafted(self, device)
        if device.db.draft is not None:
            self.auditor.copied.add(device.db.draft["body"]["salt"])
        twin = SimDevice(f"{device.name}-twin{len(self.devices)}", device.user, device.purpose, self)
        twin.db, twin.copy, twin.app = copy.deepcopy(device.db), copy.deepcopy(device.copy), device.app
        twin.on = False
        self.devices.append(twin)
        self.auditor.may_fork.update(device.db.chains)
        self.auditor.excused.add(device.user)
        self.say(f"{device.name} is cloned as {twin.name}")

    def fault_restore(self, _device: SimDevice) -> None:
        """A backup is made, or one that was made comes back. What nobody but the lost server had is lost."""
        office = self.office
        office.mend()
        if not office.backups or self.likely(30):
            self.say("a backup is made")
            office.back_up()
            return
        number = self.random.randrange(len(office.backups))
        self.say(f"the server is restored to position {office.backups[number][0]}")
        after = {hash for hash, position in self.auditor.books.rows.items() if position > office.backups[number][0]}
        if office.place.servers > 1 and self.likely(40):
            office.fall_back(number)
        else:
            office.restore(number)
        for device in self.devices:
            after -= held(device)
            self.auditor.excused.add(device.user)
        self.auditor.told_lost(after)
        self.auditor.told_restored()

    # ---- the end

    def come_to_rest(self) -> None:
        """The faults stop. Everything comes in, within a bounded number of rounds, and every view is the office's."""
        self.say("the faults stop")
        self.quiet = True
        self.office.mend()
        self.away.clear()
        while self.letters or self.tasks:
            ready = [task for task in self.tasks if task.letter is None]
            if ready:
                self.go(ready[0])
            else:
                self.deliver(self.letters[0])
            self.check()
        live = [device for device in self.devices if not device.gone]
        for device in live:
            if not device.on:
                self.boot(device)
            if device.db.identity is None:
                self.help(device)
        for rounds in range(ROUNDS):
            self.now += timedelta(minutes=15)
            tip = self.office.tip()
            for device in live:
                self.go(Task(device, device.exchange(), "exchange"))
                self.check()
            if rounds and tip == self.office.tip() and not any(self.waits(device) for device in live):
                break
        for device in live:
            waits = self.waits(device)
            if waits:
                raise Violation(f"{device.name} still holds {waits} after {ROUNDS} rounds without faults")
            self.fresh_load(device)
        self.office.break_promises(self.office.due_promises())
        self.look_at_office()
        self.auditor.nobody_waits_for(self.now.astimezone(CAIRO).date().isoformat())
        self.auditor.add_up(set().union(*(held(device) for device in self.devices)))
        self.tell_customers()
        self.adds_up()

    def waits(self, device: SimDevice) -> list[str]:
        """What a device has not handed in, or shows beside what it pulled."""
        found = []
        pulls = self.may_pull(device)
        known = device.db.identity is not None
        # Without a key of the server no receipt proves anything, so a chain stays at its first batch.
        unseen = device.db.unseen()
        for entry in unseen if known else unseen[:BATCH_MAX]:
            keyless = entry.device not in device.db.keys  # nobody can sign what of this chain is missing
            if self.stranger(device, entry.device) or (keyless and self.cut_off(entry)):
                continue
            if known and (entry.unsent or pulls):
                found.append(f"{entry.device}/{entry.seq} {entry.kind} {entry.state}")
            elif not known and not entry.position:  # whoever has no place any more cannot check a receipt
                found.append(f"{entry.device}/{entry.seq} {entry.kind} has not arrived")
        strays = [one for one in device.db.strays.values() if not one.handed_in]
        return found + [
            f"stray {one.device}/{one.seq}"
            for one in strays
            if not (self.cut_off(one) or self.stranger(device, one.device))
        ]

    def cut_off(self, stray: Stray | Stored) -> bool:
        """What stands behind a hole in the second copy: a stray is handed in alone, and says nothing of what is missing
        before it. It stays on the phone, and the office says what it lacks."""
        return stray.seq > self.auditor.books.heads.get(stray.device, (0, ""))[0] + 1

    def stranger(self, device: SimDevice, chain: str) -> bool:
        """A chain that a restored server does not know, and whose grant went with a lost database."""
        return chain not in device.db.titles and self.office.document(Device, chain) is None

    def fresh_load(self, device: SimDevice) -> None:
        """What is on the screen is what a new phone of the same user would load, and what the auditor expects there."""
        if not self.may_pull(device):
            return
        fresh: dict[tuple[str, str], bytes] = {}
        cursor = ""
        while True:
            reply = msgspec.json.decode(self.office.pull(self.scopes(device), cursor, self.page), type=PullReply)
            for change in reply.changes:
                if bytes(change.doc) != b"null":
                    fresh[change.type, change.id] = bytes(change.doc)
            if not reply.more:
                break
            cursor = reply.cursor
        if reply.position == device.db.pull.position:
            shown = {key: kept.doc for key, kept in device.db.docs.items() if not kept.former}
            compare(f"{device.name} shows", shown, "a fresh load brings", fresh)
        branch = dict(people.CASHIERS).get(device.user, "")
        self.look_at_office()
        expected = self.auditor.expected_view(device.user, branch, desk=device.purpose == "desk")
        found = {key: msgspec.json.decode(doc) for key, doc in fresh.items()}
        compare(f"a fresh load of {device.name} brings", found, "the records say", expected)

    def tell_customers(self) -> None:
        """Whoever has an address is told of each voucher that counts or no longer does, and nobody is left."""
        for notice in self.office.documents(Notice):
            for way in notice.ways:
                if not way.outcome:
                    body = CustomerNotified(notice.voucher, cast("Any", notice.what), "email", "sent", tries=1)
                    assert self.office.say("customer_notified", body)
        self.look_at_office()
        self.auditor.all_are_told()

    def adds_up(self) -> None:
        reader = self.office.place.shelf()
        faults = [str(fault) for fault in verify(reader)]
        reader.close()
        if faults:
            raise Violation(f"verify: {faults[:3]}")
        store = self.office.store
        before = digest(store)
        rebuild(store, COMPANY)
        if digest(store) != before:
            raise Violation("a replay of the journal makes other projections")


def held(device: SimDevice) -> set[str]:
    """What a device has, in its database or whole in its second copy."""
    found = {entry.hash for entry in device.db.entries.values()} | set(device.db.strays)
    return found | (set() if device.settled else whole_lines(device.copy))


def compare(one_name: str, one: dict[Any, Any], other_name: str, other: dict[Any, Any]) -> None:
    differing = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
    if differing:
        key = differing[0]
        raise Violation(f"{one_name} {key} as {one.get(key)}, {other_name} {other.get(key)}")
