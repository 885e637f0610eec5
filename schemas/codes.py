"""Closed sets of words that cross the wire: verdicts, flags, problems. The name is the sentence.

Each enum is listed in order of precedence where more than one could apply. Every flag and every problem has an
Arabic and an English text in the PWA (`pwa/src/text`), and a test holds the two lists together.
"""

from enum import StrEnum


class Verdict(StrEnum):
    """What became of an entry. Every entry has exactly one, written once in its stamp."""

    ACCEPTED = "accepted"
    """Posted to its normal accounts, with or without flags."""
    REVIEW = "review"
    """Kept; its money stands in suspense until a person decides."""
    REFUSED = "refused"
    """Kept; outside its writer's authority, so it posts nothing."""


class Flag(StrEnum):
    """What a person must look at. A flag never blocks and never changes the entry that it marks."""

    # why an entry is under review
    UNJUDGED = "unjudged"
    BODY_MISMATCH = "body_mismatch"
    BAD_SIGNATURE = "bad_signature"
    FORK = "fork"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_LOST = "device_lost"
    NUMBER_BLACKLISTED = "number_blacklisted"
    NUMBER_REPEATED = "number_repeated"
    ID_REPEATED = "id_repeated"
    NUMBER_OUTSIDE_BOOK = "number_outside_book"
    BOOK_NOT_HELD = "book_not_held"
    TOTALS_DIFFER = "totals_differ"
    # why an entry was refused
    NOT_THE_WRITER = "not_the_writer"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    MAKER_IS_CHECKER = "maker_is_checker"
    RECEIPT_UNKNOWN = "receipt_unknown"
    RECEIPT_NOT_OURS = "receipt_not_ours"
    RECEIPT_ALREADY_VOIDED = "receipt_already_voided"
    VOID_NEEDS_APPROVAL = "void_needs_approval"
    VOID_AFTER_COUNT = "void_after_count"
    REQUEST_UNKNOWN = "request_unknown"
    REQUEST_ALREADY_DECIDED = "request_already_decided"
    DEPOSIT_UNKNOWN = "deposit_unknown"
    DEPOSIT_ALREADY_DECIDED = "deposit_already_decided"
    COLLECTED_BY_COUNTER = "collected_by_counter"
    OTHER_BRANCH = "other_branch"
    COUNT_UNKNOWN = "count_unknown"
    RECOUNT_USED = "recount_used"
    CUSTOMER_UNKNOWN = "customer_unknown"
    USER_UNKNOWN = "user_unknown"
    DEVICE_UNKNOWN = "device_unknown"
    BOOK_UNKNOWN = "book_unknown"
    BOOK_RANGE_OVERLAPS = "book_range_overlaps"
    VISIT_UNKNOWN = "visit_unknown"
    EPOCH_NOT_NEW = "epoch_not_new"
    GRANT_UNREADABLE = "grant_unreadable"
    GRANT_KNOWN = "grant_known"
    # facts that are accepted and need a look
    UNKNOWN_FIELDS = "unknown_fields"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_CORRECTED = "clock_corrected"
    LATE = "late"
    CUSTOMER_NOT_ASSIGNED = "customer_not_assigned"
    NUMBER_OUT_OF_ORDER = "number_out_of_order"
    ITEM_UNKNOWN = "item_unknown"
    OVER_ALLOCATED = "over_allocated"
    VISIT_NOT_OPEN = "visit_not_open"
    CHEQUE_REPEATED = "cheque_repeated"
    THIRD_PARTY_CHEQUE = "third_party_cheque"
    CHEQUE_STALE = "cheque_stale"
    DECLARED_DIFFERS = "declared_differs"
    CUSTODY_NEGATIVE = "custody_negative"
    CASH_SHORT = "cash_short"
    CASH_OVER = "cash_over"
    PAPER_MISSING = "paper_missing"
    PAPER_NOT_DECLARED = "paper_not_declared"
    VARIANCE_DIFFERS = "variance_differs"


class Problem(StrEnum):
    """The closed set of codes in problem documents (RFC 9457). `type` is `/problems/<code>`."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    ENTRY_TOO_LARGE = "entry_too_large"
    WRONG_COMPANY = "wrong_company"
    DEVICE_UNKNOWN = "device_unknown"
    BAD_SIGNATURE = "bad_signature"
    GAP = "gap"
    QUOTA_REACHED = "quota_reached"
    NOT_LOGGED_IN = "not_logged_in"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 -- the name of a problem, not a secret
    TOO_MANY_TRIES = "too_many_tries"
    NOT_ALLOWED = "not_allowed"
    MAKER_IS_CHECKER = "maker_is_checker"
    NOT_FOUND = "not_found"
    CODE_UNKNOWN = "code_unknown"
    CODE_USED = "code_used"
    CODE_EXPIRED = "code_expired"
    HASH_MISMATCH = "hash_mismatch"
    NOT_NAMED = "not_named"
    STILL_BLIND = "still_blind"
    ALREADY_DECIDED = "already_decided"
    REFUSED = "refused"
    BUSY = "busy"
    UNEXPECTED = "unexpected"
