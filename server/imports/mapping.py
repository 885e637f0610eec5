"""Which column of a file is which of our fields, and how the file writes dates and amounts.

Stated in a small TOML file, or guessed from the header (Arabic or English) and shown. A guess is made only where one
column fits; where two do, the file is refused with both names.

```toml
[columns]                        # file column = our field; columns not named here are not read
"Customer No"  = "customer"
"Invoice"      = "number"
"Inv. date"    = "date"
"Amount"       = "original"

[options]                        # all optional
dates      = "day-first"         # or "month-first", "iso": needed where 03/04/2026 may mean either
decimal    = "."                 # or ",": needed where 1.250 or 1,250 may mean either
amount     = "open"              # or "original": what a column called just "Amount" holds
currency   = "EGP"               # where the file has no currency column, and for blank cells in it
terms_days = 30                  # due date = date + this many days, where the file states none
as_of      = 2026-11-22          # the day that the open amounts in the file speak of
encoding   = "cp1256"            # where it cannot be told from the file
delimiter  = ";"
header_line = 5                  # where titles above the header mislead the reader
```

Fields of customers: code, name, name_ar, phone, address, area, lat, lon, currency, credit_limit, email,
language (Arabic or English; blank for both), collector (login),
standing (normal, watch, suspended, legal), bounced (returned cheques), paper, paper_number, paper_expires.
Fields of items: customer (its code), number, date, due, original, open, settled, settled_date, settlement_ref,
currency, kind, note, to_deliver (yes or no), einvoice (uuid at the tax authority), einvoice_long_id, einvoice_state.
`address` may be named for several columns, whose texts are then joined.
"""

import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal

from schemas.money import CURRENCIES
from server.imports.refusal import FileCode, FileRefused

Subject = Literal["customers", "items"]

_Ranks = tuple[tuple[str, ...], ...]
"""Header texts by rank: a text of the first rank wins over one of the second."""

_CODE: _Ranks = (
    (
        "customer code", "customer no", "customer number", "customer id", "cust no", "cust code", "cust id",
        "client code", "client no", "client id", "account code", "account no", "account number",
        "كود العميل", "رقم العميل", "رمز العميل", "كود الزبون", "رقم الزبون", "رقم حساب العميل",
    ),
    ("code", "كود", "الكود", "الرمز", "رقم الحساب", "حساب العميل"),
)  # fmt: skip

SYNONYMS: dict[Subject, dict[str, _Ranks]] = {
    "customers": {
        "code": _CODE,
        "name": (
            ("customer name", "client name", "account name", "name en", "english name", "name english",
             "customer name en", "customer name english", "الاسم بالانجليزية", "الاسم الانجليزي"),
            ("name", "customer", "client", "اسم العميل", "اسم الزبون", "الاسم", "العميل", "الزبون", "اسم الحساب"),
        ),
        "name_ar": (
            ("name ar", "arabic name", "name arabic", "customer name ar", "customer name arabic", "الاسم العربي",
             "الاسم بالعربية", "الاسم بالعربي", "اسم العميل بالعربية", "اسم العميل بالعربي"),
        ),
        "phone": (
            ("phone", "phone no", "phone number", "telephone", "tel", "mobile", "mobile no", "mobile number",
             "هاتف", "الهاتف", "رقم الهاتف", "تليفون", "التليفون", "رقم التليفون", "موبايل", "الموبايل",
             "رقم الموبايل", "المحمول", "الجوال", "رقم الجوال"),
        ),
        "address": (
            ("address", "full address", "street address", "العنوان", "عنوان", "عنوان العميل"),
            ("address line 1", "address line 2", "address 1", "address 2", "street", "الشارع", "عنوان 1", "عنوان 2"),
        ),
        "area": (
            ("area", "region", "district", "zone", "route", "المنطقة", "منطقة", "الحي", "خط السير"),
            ("city", "town", "المدينة"),
        ),
        "lat": (("lat", "latitude", "خط العرض"),),
        "lon": (("lon", "lng", "long", "longitude", "خط الطول"),),
        "currency": (("currency", "currency code", "curr", "ccy", "العملة", "عملة", "رمز العملة"),),
        "credit_limit": (("credit limit", "limit", "حد الائتمان", "الحد الائتماني", "سقف الائتمان"),),
        "email": (
            ("email", "e mail", "email address", "e mail address", "البريد الالكتروني", "بريد الكتروني", "ايميل",
             "الايميل"),
        ),
        "language": (("language", "lang", "preferred language", "اللغة", "لغة", "لغة المراسلة"),),
        "collector": (
            ("collector", "collector login", "المحصل", "محصل", "المندوب", "مندوب التحصيل"),
        ),
        "standing": (
            ("standing", "customer standing", "customer status", "credit status", "حالة العميل", "موقف العميل",
             "الموقف"),
        ),
        "bounced": (
            ("bounced", "bounced cheques", "bounced checks", "returned cheques", "returned checks", "الشيكات المرتدة",
             "شيكات مرتدة", "عدد الشيكات المرتدة"),
        ),
        "paper": (("paper", "paper kind", "document kind", "licence", "license", "نوع الوثيقة", "الوثيقة"),),
        "paper_number": (("paper number", "paper no", "licence number", "license number", "رقم الوثيقة"),),
        "paper_expires": (
            ("paper expires", "paper expiry", "licence expiry", "license expiry", "expiry date", "expires",
             "تاريخ انتهاء الوثيقة", "تاريخ الانتهاء", "انتهاء الصلاحية"),
        ),
    },
    "items": {
        "customer": (_CODE[0], (*_CODE[1], "customer", "client", "العميل", "الزبون")),
        "number": (
            ("invoice number", "invoice no", "invoice", "invoice id", "document number", "document no", "document",
             "doc no", "doc number", "bill no", "bill number", "inv no", "رقم الفاتورة", "رقم المستند", "رقم القسط",
             "فاتورة رقم", "مستند رقم"),
            ("number", "no", "الرقم", "رقم", "الفاتورة", "المستند"),
        ),
        "date": (
            ("invoice date", "document date", "doc date", "bill date", "inv date", "تاريخ الفاتورة", "تاريخ المستند"),
            ("date", "posting date", "التاريخ", "تاريخ"),
        ),
        "due": (
            ("due date", "due", "due on", "net due date", "maturity date", "تاريخ الاستحقاق", "الاستحقاق",
             "موعد الاستحقاق"),
        ),
        "original": (
            ("original amount", "original", "invoice amount", "invoice total", "invoice value", "document amount",
             "bill amount", "قيمة الفاتورة", "مبلغ الفاتورة", "اجمالي الفاتورة", "المبلغ الاصلي", "القيمة الاصلية"),
        ),
        "open": (
            ("open amount", "open", "balance", "open balance", "outstanding", "outstanding amount", "amount due",
             "remaining", "remaining amount", "residual", "unpaid", "unpaid amount", "المتبقي", "المبلغ المتبقي",
             "الباقي", "الرصيد", "رصيد الفاتورة", "المبلغ المستحق", "المستحق"),
        ),
        "settled": (
            ("settled amount", "settled", "paid amount", "amount paid", "paid", "المسدد", "المبلغ المسدد", "المدفوع",
             "المبلغ المدفوع"),
        ),
        "settled_date": (
            ("settled date", "settlement date", "paid date", "date paid", "payment date", "clearing date",
             "تاريخ السداد", "تاريخ التسوية", "تاريخ الدفع"),
        ),
        "settlement_ref": (
            ("settlement reference", "settlement ref", "payment reference", "payment ref", "payment no",
             "clearing document", "مرجع السداد", "رقم السداد", "رقم سند القبض"),
        ),
        "currency": (("currency", "currency code", "curr", "ccy", "العملة", "عملة", "رمز العملة"),),
        "kind": (("kind", "type", "document type", "doc type", "نوع المستند", "النوع"),),
        "note": (("note", "notes", "remarks", "comments", "description", "ملاحظات", "ملاحظة", "البيان"),),
        "to_deliver": (
            ("to deliver", "deliver", "deliver paper", "للتسليم", "تسليم الفاتورة", "مطلوب تسليمها"),
        ),
        "einvoice": (
            ("einvoice", "e invoice", "einvoice uuid", "e invoice uuid", "eta uuid", "uuid", "الرقم الالكتروني",
             "معرف الفاتورة الالكترونية", "الفاتورة الالكترونية"),
        ),
        "einvoice_long_id": (
            ("einvoice long id", "e invoice long id", "eta long id", "long id", "المعرف الطويل"),
        ),
        "einvoice_state": (
            ("einvoice state", "einvoice status", "e invoice status", "eta status", "حالة الفاتورة الالكترونية"),
        ),
    },
}  # fmt: skip

REQUIRED: dict[Subject, tuple[str, ...]] = {"customers": ("code", "name"), "items": ("customer", "number", "date")}

JOINED = frozenset({"address"})
"""Fields that several columns may feed."""

_AMOUNT = ("amount", "value", "total", "total amount", "المبلغ", "القيمة", "الاجمالي", "مبلغ", "قيمة")
"""Says neither whether it is the original amount nor what is still open."""

# Written differently by different hands, and meaning the same: hamzas, the endings ه ة and ى ي, marks and stretching.
_ARABIC_HANDS = str.maketrans("أإآٱةى", "ااااهي", "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670")


def plain(header: str) -> str:
    """A header text without what varies between programs: case, spaces, punctuation, Arabic spelling."""
    return "".join(filter(str.isalnum, header.casefold().translate(_ARABIC_HANDS)))


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; unset means find out, or refuse. position: last journal position that the open amounts
    include. opening: the open amounts include nothing that Sanad collected."""

    dates: Literal["day-first", "month-first", "iso"] | None = None
    decimal: Literal[".", ","] | None = None
    amount: Literal["original", "open"] | None = None
    currency: str = ""
    terms_days: int | None = None
    as_of: date | None = None
    opening: bool = False
    position: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int | None = None

    def over(self, other: "Options") -> "Options":
        """These options where they are set, the other ones where not: the command line over the TOML file."""
        default = Options()
        said = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != getattr(default, field.name)
        }
        return replace(other, **said)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a TOML file says. columns: file column → our field, empty when it leaves them to be guessed."""

    columns: dict[str, str]
    options: Options


@dataclass(frozen=True, slots=True)
class Mapping:
    """columns: file column → our field, as used, in the order of the file. at: field → indexes of its columns.
    guessed: from the header, not stated. unused: columns that are not read."""

    subject: Subject
    columns: dict[str, str]
    at: dict[str, tuple[int, ...]]
    guessed: bool
    unused: list[str]

    def __contains__(self, field: str) -> bool:
        return field in self.at


def stated(text: str, subject: Subject) -> Stated:
    """The mapping in a TOML file. What it does not know is refused by name: a misspelt option must not be ignored."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileRefused(FileCode.MAPPING_UNREADABLE, f"The mapping is no TOML: {error}.") from error
    for section, content in document.items():
        if section not in {"columns", "options"} or not isinstance(content, dict):
            raise FileRefused(FileCode.MAPPING_UNREADABLE, f"The mapping has a section [{section}] that means nothing.")
    columns = document.get("columns", {})
    known = SYNONYMS[subject]
    for column, field in columns.items():
        if not isinstance(field, str) or field not in known:
            raise FileRefused(
                FileCode.FIELD_UNKNOWN,
                f"The mapping says {column!r} = {field!r}, but {subject} have no such field. "
                f"They have: {', '.join(known)}.",
            )
    return Stated(columns, _options(document.get("options", {})))


_ALLOWED: dict[str, tuple[type, tuple[Any, ...]]] = {
    "dates": (str, ("day-first", "month-first", "iso")),
    "decimal": (str, (".", ",")),
    "amount": (str, ("original", "open")),
    "currency": (str, tuple(CURRENCIES)),
    "terms_days": (int, ()),
    "as_of": (date, ()),
    "encoding": (str, ()),
    "delimiter": (str, ()),
    "header_line": (int, ()),
}


def _options(said: dict[str, Any]) -> Options:
    for name, value in said.items():
        if name not in _ALLOWED:
            raise FileRefused(
                FileCode.MAPPING_UNREADABLE,
                f"The mapping has an unknown option {name!r}. Known are: {', '.join(_ALLOWED)}.",
            )
        kind, values = _ALLOWED[name]
        # `type`, not isinstance: true is no number of days, and a time of day is no date.
        if type(value) is not kind or (values and value not in values):
            wanted = (
                ", ".join(repr(one) for one in values) or {int: "a whole number", date: "a date", str: "a text"}[kind]
            )
            raise FileRefused(FileCode.MAPPING_UNREADABLE, f"The option {name} cannot be {value!r}; it is {wanted}.")
        if isinstance(value, int) and not 0 <= value <= 3650:
            raise FileRefused(FileCode.MAPPING_UNREADABLE, f"The option {name} cannot be {value}.")
    return Options(**said)


def mapping_for(
    header: list[str], subject: Subject, *, columns: dict[str, str] | None = None, options: Options | None = None
) -> Mapping:
    """The mapping of a file with this header: as stated, or guessed when nothing is stated."""
    found = _as_stated(header, columns) if columns else _guessed(header, subject, options or Options())
    missing = [field for field in REQUIRED[subject] if field not in found]
    if missing == ["name"] and "name_ar" in found:
        missing = []
    if missing:
        raise FileRefused(
            FileCode.COLUMN_MISSING,
            f"No column for {', '.join(missing)}. The file has: {', '.join(map(repr, header))}. "
            "Name the column in the [columns] of a mapping.",
        )
    used = {index: field for field, indexes in found.items() for index in indexes}
    return Mapping(
        subject,
        {header[index]: used[index] for index in sorted(used)},
        found,
        not columns,
        [column for index, column in enumerate(header) if index not in used and column.strip()],
    )


def _as_stated(header: list[str], columns: dict[str, str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    clean = [column.strip() for column in header]
    for column, field in columns.items():
        indexes = [index for index, one in enumerate(clean) if one == column.strip()]
        if not indexes:
            raise FileRefused(
                FileCode.COLUMN_UNKNOWN,
                f"The mapping names a column {column!r}. The file has: {', '.join(map(repr, header))}.",
            )
        if len(indexes) > 1:
            raise FileRefused(FileCode.COLUMN_AMBIGUOUS, f"The file has {len(indexes)} columns called {column!r}.")
        if field in found and field not in JOINED:
            other = header[found[field][0]]
            raise FileRefused(
                FileCode.COLUMN_AMBIGUOUS, f"The mapping says {field} of two columns: {other!r}, {column!r}."
            )
        found[field] = (*found.get(field, ()), *indexes)
    return found


def _guessed(header: list[str], subject: Subject, options: Options) -> dict[str, tuple[int, ...]]:
    texts = [plain(column) for column in header]
    found: dict[str, tuple[int, ...]] = {}
    # First ranks first, so that «Customer» is the name where «Customer No» is the code.
    taken: set[int] = set()
    for rank in range(2):
        for field, ranks in SYNONYMS[subject].items():
            if field in found or rank >= len(ranks):
                continue
            wanted = {plain(text) for text in ranks[rank]}
            indexes = tuple(index for index, text in enumerate(texts) if text in wanted and index not in taken)
            if len(indexes) > 1 and field not in JOINED:
                raise FileRefused(
                    FileCode.COLUMN_AMBIGUOUS,
                    f"More than one column may be the {field}: {', '.join(repr(header[index]) for index in indexes)}. "
                    "Name the right one in the [columns] of a mapping.",
                )
            if indexes:
                found[field] = indexes
                taken.update(indexes)
    if subject == "items":
        _place_amount(header, texts, found, options)
    return found


def _place_amount(header: list[str], texts: list[str], found: dict[str, tuple[int, ...]], options: Options) -> None:
    """A column called just «Amount» beside the open amounts is the original. Alone it may be either, and the wrong
    guess would subtract collections twice, so it is asked."""
    wanted = {plain(text) for text in _AMOUNT}
    indexes = [index for index, text in enumerate(texts) if text in wanted]
    if not indexes or "original" in found:
        return
    if len(indexes) > 1:
        raise FileRefused(
            FileCode.COLUMN_AMBIGUOUS,
            f"More than one column may be the amount: {', '.join(repr(header[index]) for index in indexes)}.",
        )
    if "open" in found or {"settled", "settled_date"} & found.keys():
        found["original"] = (indexes[0],)
    elif options.amount is not None:
        found[options.amount] = (indexes[0],)
    else:
        raise FileRefused(
            FileCode.COLUMN_AMBIGUOUS,
            f"The column {header[indexes[0]]!r} may hold the original amounts or what is still open. Say which: "
            'amount = "original" or amount = "open" in the [options] of a mapping.',
        )
