"""The day's plan, and visits against it. No money moves here."""

from collections.abc import Iterable
from datetime import date

from schemas.codes import Flag, Verdict
from schemas.documents import Customer, DayReport, Device, Moved, Plan, Target, User, Visit
from schemas.entries.visits import DayClosed, PlanSet, StopMoved, TargetSet, VisitEnded, VisitJoined, VisitStarted
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
    """What the collector put off stays told; it is for the supervisor's plan to take it up again."""
    plan = plan_of(body.user, body.day, state)
    plan.stops = body.stops
    plan.moved = [one for one in plan.moved if one.customer in body.stops]
    plan.brought = [one for one in plan.brought if one not in body.stops]
    state.put(plan)


def stops_of(plan: Plan | None) -> list[str]:
    """The customers that stand in a day's plan now: its stops less those put off, and those put off to it."""
    if plan is None:
        return []
    away = {one.customer for one in plan.moved}
    return [*(stop for stop in plan.stops if stop not in away), *plan.brought]


def plan_of(user: str, day: date, state: State) -> Plan:
    return state.get(Plan, f"{user}|{day}") or Plan(f"{user}|{day}", user=user, day=day, stops=[])


def judge_moved(_c: Context, body: StopMoved, state: State) -> Ruling:
    known = state.get(Customer, body.customer) is not None
    return Ruling() if known else Ruling(flags=[Flag.CUSTOMER_UNKNOWN])


def moved(c: Context, body: StopMoved, state: State) -> None:
    """The stop leaves one day's plan and stands in the other's, marked in both."""
    plan = plan_of(c.by, body.day, state)
    plan.moved = [one for one in plan.moved if one.customer != body.customer]
    if body.customer in plan.stops:
        plan.moved.append(Moved(body.customer, body.to, body.reason, body.note))
    plan.brought = [one for one in plan.brought if one != body.customer]
    state.put(plan)
    later = plan_of(c.by, body.to, state)
    if body.customer not in (*later.stops, *later.brought):
        later.brought.append(body.customer)
    later.moved = [one for one in later.moved if one.customer != body.customer]
    state.put(later)


def judge_target(_c: Context, body: TargetSet, state: State) -> Ruling:
    return Ruling() if state.get(User, body.user) is not None else refused(Flag.USER_UNKNOWN)


def target_set(_c: Context, body: TargetSet, state: State) -> None:
    id = f"{body.user}|{body.month}|{body.currency}"
    state.put(Target(id, body.user, body.month, body.currency, body.amount, body.visits))


def day_closed(c: Context, body: DayClosed, state: State) -> None:
    state.put(DayReport(f"{c.by}|{body.day}", user=c.by, day=body.day, at=c.envelope.at, entry=c.id, told=body))


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
    if any(state.get(User, colleague) is None for colleague in body.colleagues):
        ruling.flags.append(Flag.USER_UNKNOWN)
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
            no_position=body.no_position,
            colleagues=body.colleagues,
        )
    )
    device = state.get(Device, c.envelope.device)
    if device is not None:
        device.visit = c.id
        state.put(device)


def judge_joined(c: Context, body: VisitJoined, state: State) -> Ruling:
    visit = state.get(Visit, body.visit)
    if visit is None or visit.user != c.by:
        return refused(Flag.VISIT_UNKNOWN)
    ruling = Ruling(flags=[Flag.VISIT_NOT_OPEN] if visit.ended_at else [])
    if any(state.get(User, colleague) is None for colleague in body.colleagues):
        ruling.flags.append(Flag.USER_UNKNOWN)
    return ruling


def joined(_c: Context, body: VisitJoined, state: State) -> None:
    visit = state.get(Visit, body.visit)
    if visit is not None:
        visit.colleagues = [*visit.colleagues, *(one for one in body.colleagues if one not in visit.colleagues)]
        state.put(visit)


def joined_touches(_c: Context, body: VisitJoined) -> Iterable[Key]:
    return (("visit", body.visit),)


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
        visit.answers = body.answers
        visit.reason = body.reason
        visit.next_action = body.next_action
        state.put(visit)
    device = state.get(Device, c.envelope.device)
    if device is not None and device.visit == body.visit:
        device.visit = ""
        state.put(device)
