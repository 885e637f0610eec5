"""The day's plan, and visits against it. No money moves here."""

from collections.abc import Iterable

from schemas.codes import Flag, Verdict
from schemas.documents import Customer, Device, Plan, User, Visit
from schemas.entries.visits import PlanSet, VisitEnded, VisitStarted
from sync.ruling import Context, Ruling, refused
from sync.state import Key, State


def judge_plan(_c: Context, body: PlanSet, state: State) -> Ruling:
    if state.get(User, body.user) is None:
        return refused(Flag.USER_UNKNOWN)
    state.prefetch(("customer", stop) for stop in body.stops)
    if any(state.get(Customer, stop) is None for stop in body.stops):
        return refused(Flag.CUSTOMER_UNKNOWN)
    return Ruling()


def plan_set(_c: Context, body: PlanSet, state: State) -> None:
    state.put(Plan(f"{body.user}|{body.day}", user=body.user, day=body.day, stops=body.stops))


def started_touches(c: Context, body: VisitStarted) -> Iterable[Key]:
    return (("customer", body.customer), ("device", c.envelope.device), ("visit", c.id))


def judge_started(c: Context, body: VisitStarted, state: State) -> Ruling:
    if state.get(Visit, c.id) is not None:
        return Ruling(Verdict.REVIEW, [Flag.ID_REPEATED])
    ruling = Ruling()
    device = state.get(Device, c.envelope.device)
    if device is not None and device.visit:
        ruling.flags.append(Flag.VISIT_NOT_OPEN)
    customer = state.get(Customer, body.customer)
    if customer is None:
        ruling.flags.append(Flag.CUSTOMER_UNKNOWN)
    elif c.by not in customer.collectors:
        ruling.flags.append(Flag.CUSTOMER_NOT_ASSIGNED)
    return ruling


def started(c: Context, body: VisitStarted, state: State) -> None:
    state.put(
        Visit(
            c.id,
            customer=body.customer,
            user=c.by,
            device=c.envelope.device,
            day=c.day,
            started_at=c.envelope.at,
            planned=body.planned,
            position=body.position,
        )
    )
    device = state.get(Device, c.envelope.device)
    if device is not None:
        device.visit = c.id
        state.put(device)


def ended_touches(c: Context, body: VisitEnded) -> Iterable[Key]:
    return (("visit", body.visit), ("device", c.envelope.device))


def judge_ended(c: Context, body: VisitEnded, state: State) -> Ruling:
    visit = state.get(Visit, body.visit)
    if visit is None or visit.user != c.by:
        return refused(Flag.VISIT_UNKNOWN)
    return Ruling(flags=[Flag.VISIT_NOT_OPEN]) if visit.ended_at else Ruling()


def ended(c: Context, body: VisitEnded, state: State) -> None:
    visit = state.get(Visit, body.visit)
    if visit is not None:
        visit.ended_at = c.envelope.at
        visit.outcome = body.outcome
        visit.note = body.note
        visit.next_date = body.next_date
        state.put(visit)
    device = state.get(Device, c.envelope.device)
    if device is not None and device.visit == body.visit:
        device.visit = ""
        state.put(device)
