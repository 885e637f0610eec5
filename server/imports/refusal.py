"""Why a line, or a whole file, is not taken. Both sets are closed; the name is the sentence.

A line that is not taken is always listed, with its number in the file. A whole file is refused where reading on would
mean guessing about money or dates.
"""

from enum import StrEnum

from schemas.wire import RejectedRow


class RejectCode(StrEnum):
    """Why one line of a file became no row. The Arabic texts stand in `ARABIC`."""

    # the line is one that could have been a row
    FIELD_MISSING = "field_missing"
    TOO_MANY_CELLS = "too_many_cells"
    TEXT_TOO_LONG = "text_too_long"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_YEAR_SHORT = "date_year_short"
    DATE_ORDER_WRONG = "date_order_wrong"
    AMOUNT_UNREADABLE = "amount_unreadable"
    AMOUNT_TOO_PRECISE = "amount_too_precise"
    AMOUNT_TOO_LARGE = "amount_too_large"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_ZERO = "amount_zero"
    CURRENCY_UNKNOWN = "currency_unknown"
    PLACE_UNREADABLE = "place_unreadable"
    EMAIL_UNREADABLE = "email_unreadable"
    LANGUAGE_UNKNOWN = "language_unknown"
    KIND_UNKNOWN = "kind_unknown"
    KIND_AND_SIGN_DIFFER = "kind_and_sign_differ"
    OPEN_EXCEEDS_ORIGINAL = "open_exceeds_original"
    SETTLEMENT_INCOMPLETE = "settlement_incomplete"
    TOO_MANY_SETTLEMENTS = "too_many_settlements"
    CUSTOMER_UNKNOWN = "customer_unknown"
    CURRENCY_CHANGED = "currency_changed"
    COLLECTOR_UNKNOWN = "collector_unknown"
    VALUE_UNKNOWN = "value_unknown"
    DIFFERS_FROM_LINE = "differs_from_line"
    OTHER_LINE_REJECTED = "other_line_rejected"
    # the line is none: listed apart, so that a person can see that nothing was lost
    REPEATS_LINE = "repeats_line"
    BEFORE_HEADER = "before_header"
    HEADER_REPEATED = "header_repeated"
    PAGE_LINE = "page_line"
    TOTAL_LINE = "total_line"


ARABIC: dict[RejectCode, str] = {
    RejectCode.FIELD_MISSING: "خانة مطلوبة فارغة",
    RejectCode.TOO_MANY_CELLS: "في السطر خانات أكثر من أعمدة الجدول",
    RejectCode.TEXT_TOO_LONG: "النص أطول من المسموح",
    RejectCode.DATE_UNREADABLE: "التاريخ غير مفهوم",
    RejectCode.DATE_IMPOSSIBLE: "لا يوجد يوم بهذا التاريخ",
    RejectCode.DATE_YEAR_SHORT: "السنة مكتوبة برقمين فقط",
    RejectCode.DATE_ORDER_WRONG: "التاريخ لا يوافق ترتيب اليوم والشهر المختار للملف",
    RejectCode.AMOUNT_UNREADABLE: "المبلغ غير مفهوم",
    RejectCode.AMOUNT_TOO_PRECISE: "في المبلغ كسور أصغر من أصغر وحدة في العملة",
    RejectCode.AMOUNT_TOO_LARGE: "المبلغ أكبر من أن يُقبل",
    RejectCode.AMOUNT_NEGATIVE: "لا يصح أن يكون هذا المبلغ سالباً",
    RejectCode.AMOUNT_ZERO: "المبلغ صفر",
    RejectCode.CURRENCY_UNKNOWN: "العملة غير معروفة",
    RejectCode.PLACE_UNREADABLE: "خط العرض أو خط الطول غير صحيح",
    RejectCode.EMAIL_UNREADABLE: "البريد الإلكتروني غير صحيح",
    RejectCode.LANGUAGE_UNKNOWN: "اللغة غير معروفة: العربية أو الإنجليزية أو فارغة لكلتيهما",
    RejectCode.KIND_UNKNOWN: "نوع المستند غير معروف",
    RejectCode.KIND_AND_SIGN_DIFFER: "إشارة المبلغ لا توافق نوع المستند",
    RejectCode.OPEN_EXCEEDS_ORIGINAL: "المبلغ المتبقي أكبر من المبلغ الأصلي أو عكس إشارته",
    RejectCode.SETTLEMENT_INCOMPLETE: "السداد بلا تاريخ أو بلا مبلغ",
    RejectCode.TOO_MANY_SETTLEMENTS: "دفعات السداد على هذا المستند أكثر مما يسعه قيد واحد",
    RejectCode.CUSTOMER_UNKNOWN: "العميل غير معروف: استورد العملاء أولاً",
    RejectCode.CURRENCY_CHANGED: "المستند مسجل بعملة أخرى",
    RejectCode.COLLECTOR_UNKNOWN: "لا يوجد محصل بهذا الاسم",
    RejectCode.VALUE_UNKNOWN: "القيمة غير معروفة",
    RejectCode.DIFFERS_FROM_LINE: "سطر آخر في الملف له نفس الرقم وبيانات مختلفة",
    RejectCode.OTHER_LINE_REJECTED: "رُفض سطر آخر للمستند نفسه",
    RejectCode.REPEATS_LINE: "السطر تكرار لسطر سابق",
    RejectCode.BEFORE_HEADER: "السطر قبل رؤوس الأعمدة",
    RejectCode.HEADER_REPEATED: "رؤوس الأعمدة مكررة",
    RejectCode.PAGE_LINE: "سطر ترقيم أو عنوان صفحة",
    RejectCode.TOTAL_LINE: "سطر إجمالي",
}


class FileCode(StrEnum):
    """Why a whole file is not taken. The Arabic texts stand in `FILE_ARABIC`."""

    EMPTY = "empty"
    NOT_A_TABLE = "not_a_table"
    BAD_BYTES = "bad_bytes"
    UNKNOWN_ENCODING = "unknown_encoding"
    QUOTES_BROKEN = "quotes_broken"
    MAPPING_UNREADABLE = "mapping_unreadable"
    COLUMN_UNKNOWN = "column_unknown"
    FIELD_UNKNOWN = "field_unknown"
    COLUMN_AMBIGUOUS = "column_ambiguous"
    COLUMN_MISSING = "column_missing"
    OPTION_MISSING = "option_missing"
    OPTIONS_CONTRADICT = "options_contradict"
    DATES_AMBIGUOUS = "dates_ambiguous"
    AMOUNTS_AMBIGUOUS = "amounts_ambiguous"
    POSITION_MISSING = "position_missing"


FILE_ARABIC: dict[FileCode, str] = {
    FileCode.EMPTY: "الملف فارغ",
    FileCode.NOT_A_TABLE: "الملف ليس جدولاً يمكن قراءته",
    FileCode.BAD_BYTES: "في الملف رموز لا تُقرأ بهذا الترميز",
    FileCode.UNKNOWN_ENCODING: "الترميز غير معروف",
    FileCode.QUOTES_BROKEN: "علامات التنصيص في الملف غير مكتملة",
    FileCode.MAPPING_UNREADABLE: "ملف ربط الأعمدة غير صحيح",
    FileCode.COLUMN_UNKNOWN: "لا يوجد في الملف عمود بهذا الاسم",
    FileCode.FIELD_UNKNOWN: "لا توجد خانة بهذا الاسم",
    FileCode.COLUMN_AMBIGUOUS: "أكثر من عمود يصلح للخانة نفسها: حدّد العمود",
    FileCode.COLUMN_MISSING: "عمود مطلوب غير موجود",
    FileCode.OPTION_MISSING: "خيار مطلوب غير محدد",
    FileCode.OPTIONS_CONTRADICT: "خياران متناقضان",
    FileCode.DATES_AMBIGUOUS: "حدّد ترتيب اليوم والشهر في التواريخ",
    FileCode.AMOUNTS_AMBIGUOUS: "حدّد علامة الكسور في المبالغ",
    FileCode.POSITION_MISSING: "حدّد آخر قيد من سند تشمله المبالغ المتبقية",
}


class FileRefused(ValueError):
    """The whole file is not taken; nothing of it was imported. The text names what and where, and how to go on."""

    def __init__(self, code: FileCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class CellRefused(ValueError):
    """One cell cannot be what its column says. Whoever knows the line makes a `RejectedRow` of it."""

    def __init__(self, code: RejectCode, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def rejected(line: int, column: str, value: str, code: RejectCode, text: str) -> RejectedRow:
    # A cell may be as long as its file; a report shows enough of it to find it.
    return RejectedRow(line, column, value if len(value) <= 200 else value[:199] + "…", code.value, text)
