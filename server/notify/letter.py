"""What a customer is told: subject, plain text, HTML, and the few lines of a short message.

Arabic first, English below, unless the customer reads only one of them. The words bind: who wrote, how much in figures
and words, when, through whom, and how to see for oneself that the voucher is genuine. Whoever finds something wrong is
sent to the company, not to the collector.
"""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schemas.entries.receipts import Cheque
from server.notify.sending import Job
from server.paper import writing
from server.paper.qr import verify_text
from server.paper.writing import clean
from sync.money import Language, format_amount
from sync.words import amount_in_words

LANGUAGES: tuple[Language, ...] = ("ar", "en")
DIRECTION = {"ar": "rtl", "en": "ltr"}

SUBJECT = {
    "ar": {"issued": "سند قبض {number}", "voided": "أُلغي سند القبض {number}", "reversed": "عُكس سند القبض {number}"},
    "en": {
        "issued": "Receipt voucher {number}",
        "voided": "Receipt voucher {number} is void",
        "reversed": "Receipt voucher {number} is reversed",
    },
}
SAYS = {
    "ar": {
        "issued": "استلمنا منكم ما يلي بسند القبض {number}، ووصل السند إلى الشركة.",
        "voided": "أُلغي سند القبض {number} ولم يعد محسوبًا لكم. إن كنتم دفعتم مبلغه ولم يُرد إليكم فاتصلوا بالشركة.",
        "reversed": "عُكس سند القبض {number}: لم يعد سدادًا لفواتيركم، ومبلغه مستحق لكم عند الشركة.",
    },
    "en": {
        "issued": "We have received the following by receipt voucher {number}, and the company has the voucher.",
        "voided": "Receipt voucher {number} is void and no longer counts. If you paid it and were not given the money"
        " back, tell the company.",
        "reversed": "Receipt voucher {number} is reversed: it no longer pays your invoices, and the company owes you"
        " its amount.",
    },
}
BRIEF = {
    "ar": {
        "issued": "{company}: استلمنا {amount} بسند القبض {number} بتاريخ {date}، المحصّل {collector}.",
        "voided": "{company}: أُلغي سند القبض {number} بتاريخ {date} بمبلغ {amount}، المحصّل {collector}."
        " إن كنتم دفعتموه ولم يُرد إليكم فاتصلوا بالشركة.",
        "reversed": "{company}: عُكس سند القبض {number} بتاريخ {date}، المحصّل {collector}."
        " مبلغه {amount} مستحق لكم عند الشركة.",
    },
    "en": {
        "issued": "{company}: received {amount} by receipt voucher {number} of {date}, collector {collector}.",
        "voided": "{company}: receipt voucher {number} of {date} for {amount}, collector {collector}, is void."
        " If you paid it and were not given the money back, tell the company.",
        "reversed": "{company}: receipt voucher {number} of {date}, collector {collector}, is reversed."
        " The company owes you its amount, {amount}.",
    },
}
LABELS = {
    "ar": {"to": "إلى", "amount": "المبلغ", "how": "نقدًا أو بشيك", "date": "التاريخ", "collector": "المحصّل"},
    "en": {"to": "To", "amount": "Amount", "how": "Cash or cheque", "date": "Date", "collector": "Collector"},
}
METHODS = {"ar": {"cash": "نقدًا", "cheque": "شيك"}, "en": {"cash": "cash", "cheque": "cheque"}}
UNCLEARED = {
    "ar": "الشيك يُعد سدادًا عند تحصيله.",
    "en": "A cheque counts as payment once it has cleared.",
}
CHECK = {"ar": "للتحقق من السند:", "en": "Check the voucher:"}
CHECK_BY_HAND = {
    "ar": "للتحقق من السند امسحوا الرمز المطبوع عليه بكاميرا الهاتف. عنوان الصفحة يبدأ دائمًا هكذا:",
    "en": "To check the voucher, scan the code on it with a phone's camera. The page's address always begins so:",
}
CLOSING = {
    "ar": "رسالة تلقائية. إن كان فيها ما لا تعرفونه فاتصلوا بالشركة نفسها، لا بالمحصّل.",
    "en": "An automatic message. If anything in it is not as you know it, ask the company itself, not the collector.",
}

_PAGE = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


class Letter(msgspec.Struct, frozen=True):
    """brief: for SMS and the like. languages: in their order."""

    subject: str
    text: str
    html: str
    brief: str
    languages: tuple[Language, ...]


class Part(msgspec.Struct, frozen=True):
    """The letter in one language. rows: label, value. link: where the voucher is checked."""

    language: Language
    direction: str
    company: str
    heading: str
    says: str
    rows: list[tuple[str, str]]
    notes: list[str]
    check: str
    link: str
    closing: str
    brief: str

    def isolated(self, text: str) -> Markup:
        """A value in an isolate, so that neither turns the other round."""
        return Markup('<bdi dir="auto">{}</bdi>').format(text)


def compose(job: Job) -> Letter:
    languages = tuple(one for one in LANGUAGES if job.customer.language in ("", one))
    parts = [_part(job, language) for language in languages]
    link = parts[0].link
    return Letter(
        subject=" · ".join(part.heading for part in parts),
        text="\n\n— — —\n\n".join(_plain(part) for part in parts) + "\n",
        html=_PAGE.get_template("letter.html").render(parts=parts),
        brief="\n".join([*(part.brief for part in parts), link]),
        languages=languages,
    )


def _part(job: Job, language: Language) -> Part:
    voucher, notice, arabic = job.voucher, job.notice, language == "ar"
    sums: dict[str, int] = {}
    for tender in voucher.tenders:
        sums[tender.currency] = sums.get(tender.currency, 0) + tender.amount
    figures = " + ".join(format_amount(amount, currency, language=language) for currency, amount in sums.items())
    words = " + ".join(amount_in_words(amount, currency, language=language) for currency, amount in sums.items())
    methods = dict.fromkeys("cheque" if isinstance(tender, Cheque) else "cash" for tender in voucher.tenders)
    number, date = clean(voucher.number), _date(job)
    company, customer = _name(job.company, arabic=arabic), _name(job.customer, arabic=arabic)
    collector = _name(job.collector, arabic=arabic) if job.collector else "—"
    label = LABELS[language]
    rows = [
        (label["to"], f"{customer} ({clean(job.customer.code)})"),
        (label["amount"], f"{figures} — {words}"),
        (label["how"], " + ".join(METHODS[language][method] for method in methods)),
        (label["date"], date),
        (label["collector"], collector),
    ]
    link = verify_text(job.company, voucher.qr)
    said = {"company": company, "number": number, "amount": figures, "date": date, "collector": collector}
    return Part(
        language,
        DIRECTION[language],
        company,
        heading=SUBJECT[language][notice.what].format(**said),
        says=SAYS[language][notice.what].format(**said),
        rows=rows,
        notes=[UNCLEARED[language]] if "cheque" in methods and notice.what == "issued" else [],
        check=CHECK[language] if link else CHECK_BY_HAND[language],
        link=link or f"{job.company.address.rstrip('/')}/verify",
        closing=CLOSING[language],
        brief=BRIEF[language][notice.what].format(**said),
    )


class _Named(msgspec.Struct):
    name: str
    name_ar: str


def _name(thing: object, *, arabic: bool) -> str:
    """The name in that language, or the one that there is."""
    named = msgspec.convert(thing, _Named, from_attributes=True)
    return clean((named.name_ar or named.name) if arabic else (named.name or named.name_ar))


def _date(job: Job) -> str:
    """As on the paper: the collector's own day."""
    when = writing.local(job.voucher.at, job.company.time_zone)
    day = when.date() if when else job.voucher.day
    return f"{day:%d/%m}/{day.year:04}" if day else clean(job.voucher.at)


def _plain(part: Part) -> str:
    return "\n".join(
        [
            part.company, part.heading, "", part.says, "",
            *(f"{label}: {value}" for label, value in part.rows),
            *part.notes, "",
            part.check, part.link, "",
            part.closing,
        ]
    )  # fmt: skip
