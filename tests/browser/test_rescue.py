"""What a phone cannot send is carried to a desk as a file; then, with the office's code, the phone is wiped."""

import contextlib
import re
from pathlib import Path

from playwright.sync_api import Error, expect

from tests.browser.conftest import Office, Opener, eventually
from tests.browser.pages import Counter, Pocket

LEFT = """async () => {
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('sanad');
    request.onsuccess = () => resolve(request.result);
  });
  const asked = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const entries = await asked(db.transaction('entries').objectStore('entries').count());
  const identity = await asked(db.transaction('meta').objectStore('meta').count('identity'));
  db.close();
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('entries', { create: true });
  const files = [];
  for await (const name of folder.keys()) files.push(name);
  return { entries, identity, files };
}"""
"""What a new start of the app finds in the database and in the second copy."""


def sending(phone: Pocket) -> None:
    phone.page.get_by_role("link", name="More").click()
    phone.page.get_by_role("link", name=re.compile("Sending")).click()


def test_a_rescue_file_and_a_wiped_phone(office: Office, open_browser: Opener, tmp_path: Path) -> None:
    """Two vouchers travel as a file, are not doubled when the phone comes back, and nothing is wiped before that."""
    phone = Pocket(open_browser("phone"), office.address)
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.offline_ready()
    phone.page.context.set_offline(True)
    numbers = []
    for amount in ("1500", "250"):
        numbers.append(phone.collect(amount))
        phone.end_visit()
    sending(phone)
    with phone.page.expect_download() as saving:
        phone.button("Save rescue file").click()
    file = tmp_path / saving.value.suggested_filename
    saving.value.save_as(file)
    assert all(number not in file.read_text() for number in numbers)
    phone.page.get_by_role("link", name=re.compile("Remove Sanad")).click()
    expect(phone.page.get_by_text("2 vouchers are on this phone only").first).to_be_visible()
    assert phone.button("Remove the data").count() == 0

    desk = Counter(open_browser("office", width=1366, height=860), office.address)
    desk.log_in("tarek")
    desk.page.get_by_role("link", name="Rescue files").click()
    for new in (re.compile(r"\d+ entries are new"), re.compile("All of it was here already")):
        desk.page.locator("input[type=file]").set_input_files(file)
        desk.page.get_by_text(new).first.wait_for()
    for number in numbers:
        expect(desk.page.get_by_role("cell", name=number).first).to_be_visible()
    expect(desk.page.get_by_text("1,500.00").first).to_be_visible()

    phone.page.context.set_offline(False)
    with contextlib.suppress(Error):  # it may have found the network by itself meanwhile
        phone.button("Try now").click(timeout=3_000)
    challenge = phone.page.locator(".challenge .unseen")
    challenge.wait_for(state="attached", timeout=30_000)
    signs = (challenge.text_content() or "").replace(" ", "")
    desk.page.get_by_role("link", name="Devices").click()
    desk.page.get_by_role("row", name=re.compile("Mahmoud")).first.click()
    desk.page.keyboard.press("F8")
    desk.page.get_by_role("radio", name="Remove the data").click()
    desk.page.get_by_label("The six signs on the phone").fill(signs)
    desk.page.keyboard.press("Enter")
    code = desk.page.locator("dialog .code .unseen")
    code.wait_for(state="attached")
    digits = (code.text_content() or "").replace(" ", "")

    phone.page.get_by_label("Code from the office").fill(digits[:-1] + str((int(digits[-1]) + 1) % 10))
    phone.button("Remove the data").click()
    expect(phone.page.get_by_text(re.compile("That code is not right"))).to_be_visible()
    phone.page.get_by_label("Code from the office").fill(digits)
    phone.button("Remove the data").click()
    phone.page.get_by_role("button", name=re.compile("Scan")).first.wait_for(timeout=30_000)
    assert phone.page.evaluate(LEFT) == {"entries": 0, "identity": 0, "files": []}

    eventually(lambda: office.sanad("verify").returncode == 0, "the books add up")
    said = office.sanad("hand-in", str(file)).stdout
    assert "0 of them new" in said
