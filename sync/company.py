"""The company's own settings and keys."""

from schemas.documents import Company, ServerKey
from schemas.entries.company import CompanySetUp
from sync.ruling import Context
from sync.state import State


def set_up(_c: Context, body: CompanySetUp, state: State) -> None:
    """Settings change; the epoch never goes back with them."""
    known = state.get(Company, body.company)
    state.put(
        Company(
            body.company,
            name=body.name,
            name_ar=body.name_ar,
            country=body.country,
            currency=body.currency,
            time_zone=body.time_zone,
            address=body.address,
            branches=body.branches,
            policy=body.policy,
            epoch=max(body.epoch, known.epoch) if known else body.epoch,
        )
    )
    for key in body.keys:
        state.put(ServerKey(key.key, use=key.use, spki=key.spki, retired=key.retired))
