"""An import from the file's bytes to entries: read, compare with what is known, write only what changed, in pieces.

Each piece of at most 200 rows is an entry and a transaction of its own, so that pushes go first in between. A break
in the middle loses nothing: the same file again writes what is missing and changes nothing else.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from schemas.documents import Customer, Item, User
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted
from schemas.wire import ImportReport
from server.company import OpenCompany
from server.imports.customers import customers_from
from server.imports.items import items_from
from server.imports.mapping import Options, Subject, mapping_for, stated
from server.imports.reading import read_table
from server.imports.refusal import RejectCode, rejected
from server.imports.rows import changed_rows, in_chunks, report_of, stated_customer, stated_item
from server.reads import all_of
from server.store.port import Reader
from server.writes import write


class Step(msgspec.Struct, frozen=True):
    """How far an import is: rows written of rows to write."""

    done: int
    of: int


async def import_table(
    company: OpenCompany,
    subject: Subject,
    data: bytes,
    name: str,
    *,
    options: Options,
    mapping_toml: str = "",
    dry_run: bool = False,
    by: str,
) -> AsyncIterator[Step | ImportReport]:
    """Yields steps, then the report. FileRefused when the file as a whole cannot be read; then nothing is written."""
    said = stated(mapping_toml, subject) if mapping_toml else None
    options = options.over(said.options) if said else options
    table = read_table(
        data, name, encoding=options.encoding, delimiter=options.delimiter, header_line=options.header_line
    )
    mapping = mapping_for(table.header, subject, columns=said.columns if said else None, options=options)
    async with company.reading() as db:
        known_customers = {one.id: stated_customer(one) for one in await all_of(db, Customer)}
        known_items = {one.id: stated_item(one) for one in await all_of(db, Item)} if subject == "items" else {}
        collected = await collected_by(db, options.position) if options.position is not None else {}
        logins = {user.login: user for user in await all_of(db, User)}
        portfolios = {one.id: one.collectors for one in await all_of(db, Customer)}
    kind, entries = f"{subject}_upserted", 0
    bodies: list[tuple[int, msgspec.Struct]] = []
    assignments: list[CustomersAssigned] = []
    report: ImportReport
    if subject == "customers":
        customers = customers_from(table, mapping, options, company_id=company.id, known=known_customers)
        for login, ids in customers.assignments.items():
            user = logins.get(login.strip().lower())
            if user is None or user.role != "collector":
                customers.rejected.append(
                    rejected(0, "collector", login, RejectCode.COLLECTOR_UNKNOWN, f"no collector has the login {login}")
                )
                continue
            fresh = [id for id in ids if user.id not in portfolios.get(id, ())]
            assignments += [CustomersAssigned(user.id, fresh[at : at + 200]) for at in range(0, len(fresh), 200)]
        new, changed, _ = changed_rows(customers.rows, known_customers)
        bodies = [(len(chunk), CustomersUpserted(chunk, name[:500])) for chunk in in_chunks([*new, *changed])]
        report = report_of(table, mapping, customers, known_customers, dry_run=dry_run)
    else:
        items = items_from(
            table,
            mapping,
            options,
            company_id=company.id,
            known=known_items,
            customers=known_customers,
            collected_until=lambda item: collected.get(item, 0),
        )
        fresh_items, changed_items, _ = changed_rows(items.rows, known_items)
        bodies = [(len(chunk), ItemsUpserted(chunk, name[:500])) for chunk in in_chunks([*fresh_items, *changed_items])]
        report = report_of(table, mapping, items, known_items, dry_run=dry_run)
    if not dry_run:
        done, of = 0, sum(size for size, _ in bodies)
        for size, body in bodies:
            await company.run(lambda writer, body=body: write(writer, kind, body, by))  # type: ignore[misc]
            done, entries = done + size, entries + 1
            yield Step(done, of)
        for assignment in assignments:
            await company.run(lambda writer, body=assignment: write(writer, "customers_assigned", body, by))  # type: ignore[misc]
            entries += 1
    yield msgspec.structs.replace(report, entries=entries)


async def collected_by(db: Reader, position: int) -> dict[str, int]:
    """What Sanad had collected of each item when the journal stood at `position`: all that was posted to its account
    but by entries that state what the ERP says."""
    found: list[Any] = await db.rows(
        "SELECT w.text, CAST(-sum(p.amount) AS BIGINT) FROM posting p JOIN word w ON w.no = p.account"
        " WHERE p.position <= ? AND w.text >= 'ar/' AND w.text < 'ar0' AND p.position NOT IN"
        " (SELECT e.position FROM posting e JOIN word x ON x.no = e.account WHERE x.text >= 'erp/' AND x.text < 'erp0')"
        " GROUP BY w.no",
        position,
    )
    return {text.split("/")[2]: amount for text, amount in found}
