import base64
import io
import re

import pytest
import zxingcpp
from PIL import Image

from schemas.entries.receipts import Cash, Cheque, Deduction, Exchange
from server.paper.render import pdf
from server.paper.voucher import voucher_html
from tests.server.paper.papers import (
    ADDRESS,
    SIGNED,
    Sheet,
    cheque,
    collector,
    company,
    customer,
    invoices,
    voucher,
)

FONTS = {"Sanad-Sans", "Sanad-Sans-Bold", "Sanad-Arabic", "Sanad-Arabic-Bold", "Sanad-Serial-Bold"}


def printed(currency="EGP", *, items=None, tenders=None, size="a5", copy=1, ledger=None, **changes):
    items = invoices(3, 678_350, currency, remains=100_000) if items is None else items
    tenders = tenders or [Cash(currency=currency, amount=sum(item.collected for item in items.values()))]
    return voucher_html(
        company(currency),
        voucher(items, tenders, currency, **changes),
        customer(currency, uncleared={currency: 1_200_000}),
        items,
        collector(),
        size=size,
        copy=copy,
        ledger=ledger,
    )


@pytest.mark.parametrize("size", ["a5", "80mm"])
@pytest.mark.parametrize(
    ("currency", "total", "words"),
    [
        ("EGP", "20,350.50", "Only twenty thousand three hundred fifty Egyptian pounds and fifty piastres"),
        ("KWD", "2,035.050", "Only two thousand thirty-five Kuwaiti dinars and fifty fils"),
        ("LBP", "2,035,050", "Only two million thirty-five thousand fifty Lebanese pounds"),
    ],
)
def test_the_amount_stands_in_figures_and_words_with_the_decimals_of_its_currency(
    tmp_path, size, currency, total, words
):
    sheet = Sheet(pdf(printed(currency, size=size)), tmp_path)

    assert total in sheet.words()
    assert words in " ".join(sheet.text().split())
    assert {"CAI-000874", "C-10482", "INV-22391", "22/11/2026", "12:07"} <= set(sheet.words())
    assert sheet.pages() == 1


def test_the_hour_is_that_of_the_company(tmp_path):
    sheet = Sheet(pdf(printed(at="2026-11-22T23:30:00+00:00")), tmp_path)

    assert {"23/11/2026", "01:30"} <= set(sheet.words())


def test_a5_is_landscape_and_80_mm_is_as_long_as_its_content(tmp_path):
    few = Sheet(pdf(printed(size="80mm")), tmp_path, "few")
    many = Sheet(pdf(printed(size="80mm", items=invoices(20, 1000))), tmp_path, "many")

    assert Sheet(pdf(printed()), tmp_path, "a5").size_mm() == (210, 148)
    assert few.size_mm()[0] == many.size_mm()[0] == 80
    assert 150 < few.size_mm()[1] < many.size_mm()[1] < 600
    assert few.pages() == many.pages() == 1
    ink = few.picture().convert("L").point(lambda level: 255 * (level < 128)).getbbox()
    assert ink is not None
    assert few.picture().height - ink[3] < 30, "white paper after the last line"


def test_80_mm_prints_black_within_72_mm(tmp_path):
    page = Sheet(pdf(printed(size="80mm", tenders=[cheque(amount=2_035_050)])), tmp_path).picture(dpi=203)
    red, green, blue = page.convert("RGB").split()

    assert red.tobytes() == green.tobytes() == blue.tobytes()
    ink = page.convert("L").point(lambda level: 255 * (level < 128)).getbbox()
    assert ink is not None
    left, _, right, _ = ink
    assert left >= 4 * 8 - 1
    assert right <= page.width - 4 * 8 + 1


def test_our_own_fonts_are_embedded_and_no_other(tmp_path):
    fonts = Sheet(pdf(printed(tenders=[cheque(amount=2_035_050)])), tmp_path).fonts()

    assert {name.partition("+")[2] for name, *_ in fonts} == FONTS
    assert all(row[1:] == ["yes", "yes", "yes"] for row in fonts)


@pytest.mark.parametrize("invoice_count", [1, 6])
def test_six_invoices_with_cash_and_a_cheque_fit_on_one_a5_page(tmp_path, invoice_count):
    items = invoices(invoice_count, 123_456_789, "LBP", remains=5)
    total = sum(item.collected for item in items.values())
    tenders = [Cash(currency="LBP", amount=total - 1000), cheque("LBP", 1000, drawer="سيد عبد الغني محمد")]

    sheet = Sheet(pdf(printed("LBP", items=items, tenders=tenders, copy=2, ledger=98_765_432_100)), tmp_path)

    assert sheet.pages() == 1


def test_nine_invoices_go_on_to_a_second_page_with_heads_number_and_code_again(tmp_path):
    sheet = Sheet(pdf(printed(items=invoices(9, 1000), copy=2)), tmp_path)

    assert sheet.pages() == 2
    numbers = re.findall(r"INV-\d+", sheet.text())
    assert numbers == [f"INV-{22391 + at}" for at in range(9)]
    for page in (1, 2):
        text = sheet.text(page)
        assert "CAI-000874" in text
        assert "In payment of" in text
        assert "COPY 2" in text
        assert f"Page {page} of 2" in text
        assert sheet.codes(page) == [f"{ADDRESS}/verify#{SIGNED}"]


def test_a_cheque_is_not_parted_from_its_bank_by_the_end_of_a_page(tmp_path):
    tenders = [cheque(amount=1000, number=f"9000{at}") for at in range(9)]
    sheet = Sheet(pdf(printed(items=invoices(1, 9000), tenders=tenders)), tmp_path)

    for page in range(1, sheet.pages() + 1):
        assert sheet.words(page).count("Cheque") == sheet.words(page).count("15/01/2027")


def test_the_tenders_say_bank_number_due_date_and_a_foreign_drawer(tmp_path):
    html = printed(
        tenders=[
            Cash(currency="EGP", amount=835_050),
            cheque(amount=700_000, drawer="Ali & Fils"),
            cheque(amount=500_000, number="77", bank="Banque Misr", branch=""),
        ]
    )
    sheet = Sheet(pdf(html), tmp_path)

    assert {"8,350.50", "7,000.00", "5,000.00", "00418827", "77", "CIB", "15/01/2027"} <= set(sheet.words())
    assert "Ali & Fils" in sheet.text()
    assert "Banque Misr" in sheet.text()
    assert "البنك التجاري الدولي" in html
    assert html.count("الساحب") == 1


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_what_remains_and_what_went_on_account_is_said(tmp_path, size):
    tenders = [Cash(currency="EGP", amount=2_035_050 + 4_500)]
    sheet = Sheet(pdf(printed(size=size, tenders=tenders, on_account=4_500)), tmp_path)

    assert {"1,000.00", "45.00"} <= set(sheet.words())
    assert "On account" in sheet.text()


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_each_currency_is_said_apart_with_its_rate_and_what_it_settles(tmp_path, size):
    """Two currencies are never one sum; change, rate and deductions stand beside what they explain."""
    tenders = [
        Cash(currency="EGP", amount=125_000, received=130_000),
        Cash(currency="USD", amount=10_000, exchange=Exchange("USD", "50.25", 502_500)),
    ]
    sheet = Sheet(
        pdf(
            printed(
                size=size,
                items=invoices(1, 640_050),
                tenders=tenders,
                deductions=[Deduction("withholding", 12_550, "41-7731")],
            )
        ),
        tmp_path,
    )

    assert {"1,250.00", "100.00", "5,025.00", "125.50", "6,400.50", "1,300.00", "50.00", "41-7731"} <= set(
        sheet.words()
    )
    assert "Only one thousand two hundred fifty Egyptian pounds" in " ".join(sheet.text().split())
    assert "Only one hundred US dollars" in " ".join(sheet.text().split())
    assert "1 USD = 50.25 EGP" in sheet.text()
    assert "Tax withheld" in sheet.text()


def test_both_balances_are_printed_when_the_ledger_is_given():
    assert "26,949.50" in printed(ledger=2_694_950)
    assert "38,949.50" in printed(ledger=2_694_950)
    assert "Balance after" not in printed()


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_the_code_reads_back_from_paper(tmp_path, size):
    sheet = Sheet(pdf(printed(size=size)), tmp_path)

    assert sheet.codes() == [f"{ADDRESS}/verify#{SIGNED}"]


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_the_code_is_at_least_30_mm_wide(tmp_path, size):
    picture = Sheet(pdf(printed(size=size)), tmp_path).picture(dpi=300)
    found = zxingcpp.read_barcodes(picture.convert("L"))[0].position

    assert (found.top_right.x - found.top_left.x) / 300 * 25.4 >= 29.8


def test_a_code_leads_to_our_own_address_whatever_the_phone_sent(tmp_path):
    sheet = Sheet(pdf(printed(qr=f"https://evil.example/verify#{SIGNED}")), tmp_path)

    assert sheet.codes() == [f"{ADDRESS}/verify#{SIGNED}"]


def test_without_a_code_nobody_is_asked_to_scan_one():
    html = printed(qr="")

    assert "Scan to check" not in html
    assert "data:image" not in html


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_only_a_copy_bears_the_band(size):
    assert "COPY" not in printed(size=size, copy=1)
    assert "COPY 3" in printed(size=size, copy=3)
    assert "نسخة" in printed(size=size, copy=3)


@pytest.mark.parametrize("size", ["a5", "80mm"])
@pytest.mark.parametrize("state", ["voided", "reversed"])
def test_a_voucher_that_no_longer_counts_says_void_and_no_balance(tmp_path, size, state):
    html = printed(
        size=size, state=state, voided_at="2026-11-22T13:00:00+02:00", void_reason="wrong_amount", ledger=2_694_950
    )
    sheet = Sheet(pdf(html), tmp_path)

    assert "ملغى" in html
    assert "wrong amount" in sheet.text()
    assert "13:00" in sheet.words()
    assert "26,949.50" not in html
    assert "VOID" in sheet.text()
    assert "VOID" not in printed(size=size)


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_a_voucher_under_review_looks_like_any_other(size):
    """Its money is not in the books yet, but the customer is told what an accepted voucher would say."""
    tenders: list[Cash | Cheque] = [Cash(currency="EGP", amount=1_835_050), cheque(amount=200_000)]
    accepted = printed(size=size, tenders=tenders, ledger=2_694_950)
    before = invoices(3, 678_350, remains=100_000)
    asked = voucher(before, tenders, verdict="review", flags=["device_revoked"], taken=[])
    for item in before.values():
        item.open += item.collected

    review = voucher_html(
        company(),
        asked,
        customer(uncleared={"EGP": 1_000_000}),
        before,
        collector(),
        size=size,
        copy=1,
        ledger=2_694_950 + 2_035_050,
    )

    assert review == accepted


@pytest.mark.parametrize("size", ["a5", "80mm"])
def test_what_people_type_cannot_become_markup_or_turn_the_text_around(tmp_path, size):
    evil = 'x"><script>alert(1)</script>\u202e\u2066\u200f\x07{{ 7*7 }}'
    items = invoices(1, 2_035_050)
    items["i_0"].number = evil
    html = voucher_html(
        company(name=evil, name_ar=evil),
        voucher(items, [cheque(amount=2_035_050, bank=evil, number=evil, branch=evil, drawer=evil)], number=evil),
        customer(name=evil, name_ar=f"م{evil}", code=evil),
        items,
        collector(),
        size=size,
        copy=1,
    )

    assert "<script" not in html
    assert not set(html) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x07")
    assert "{{ 7*7 }}" in html
    assert Sheet(pdf(html), tmp_path).pages() >= 1


def test_a_name_without_spaces_stays_on_the_paper(tmp_path):
    items = invoices(1, 1000)
    items["i_0"].number = "9" * 200
    html = voucher_html(
        company(), voucher(items, [cheque(amount=1000, number="8" * 200)]), customer(name_ar="م" * 200), items,
        collector(), size="80mm", copy=1,
    )  # fmt: skip
    text = "".join(Sheet(pdf(html), tmp_path).text().split())

    assert text.count("9") >= 200
    assert text.count("8") >= 200


def test_a_signature_is_drawn_again_and_a_damaged_one_left_out():
    ink = Image.new("RGB", (40, 20), "navy")
    with io.BytesIO() as file:
        ink.save(file, "PNG", pnginfo=None)
        png = file.getvalue()

    def with_signature(picture: bytes) -> list[str]:
        items = invoices(1, 1000)
        html = voucher_html(
            company(), voucher(items, [Cash(currency="EGP", amount=1000)], qr=""), customer(), items, collector(),
            size="a5", copy=1, signature=picture,
        )  # fmt: skip
        return re.findall(r"data:image/png;base64,([^\"]+)", html)

    (found,) = with_signature(png + b"<script>trailing</script>")
    assert b"script" not in base64.b64decode(found)
    assert with_signature(png[:30]) == []
    assert with_signature(b"<svg onload='x'/>") == []


def test_the_same_voucher_gives_the_same_bytes():
    assert pdf(printed()) == pdf(printed())
