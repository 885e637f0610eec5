"""Problem documents (RFC 9457): one shape for everything that a caller can do wrong or must wait for.

Every code of `schemas.codes.Problem` has its status here; the PWA has its texts in both languages.
"""

from typing import Any

import msgspec

from schemas.codes import Problem
from schemas.wire import ProblemDocument

STATUS = {
    Problem.MALFORMED: 400,
    Problem.NOT_LOGGED_IN: 401,
    Problem.WRONG_PASSWORD: 401,
    Problem.DEVICE_UNKNOWN: 403,
    Problem.BAD_SIGNATURE: 403,
    Problem.WRONG_COMPANY: 403,
    Problem.NOT_ALLOWED: 403,
    Problem.MAKER_IS_CHECKER: 403,
    Problem.NOT_NAMED: 403,
    Problem.STILL_BLIND: 403,
    Problem.NOT_FOUND: 404,
    Problem.CODE_UNKNOWN: 404,
    Problem.GAP: 409,
    Problem.CODE_USED: 409,
    Problem.ALREADY_DECIDED: 409,
    Problem.REFUSED: 409,
    Problem.CODE_EXPIRED: 410,
    Problem.TOO_LARGE: 413,
    Problem.ENTRY_TOO_LARGE: 413,
    Problem.HASH_MISMATCH: 422,
    Problem.SEAL_KEY_UNKNOWN: 422,
    Problem.FILE_DAMAGED: 422,
    Problem.QUOTA_REACHED: 429,
    Problem.TOO_MANY_TRIES: 429,
    Problem.UNEXPECTED: 500,
    Problem.BUSY: 503,
}


class ProblemError(Exception):
    """Raised anywhere behind a door; answered as a problem document. facts say what and where."""

    def __init__(self, code: Problem, detail: str = "", retry_after: int = 0, **facts: Any) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.facts = facts

    @property
    def status(self) -> int:
        return STATUS[self.code]

    def body(self) -> bytes:
        return msgspec.json.encode(
            ProblemDocument(
                type=f"/problems/{self.code}",
                title=self.code.replace("_", " "),
                status=self.status,
                code=self.code,
                detail=self.detail,
                facts=self.facts,
            )
        )

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}
