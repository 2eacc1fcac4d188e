"""The Data screen: files in, labels out, copies of the database."""

import base64
import csv
import json
import sqlite3
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect
from screen import sign_in
from server import ROOT
from small_study import picture

from realness.domain import Role
from realness.workbench import Workbench
from realness.workbench.accounts import add_account

pytestmark = pytest.mark.browser

WORDS = "correct horse battery"
NASTY = "<img src=x onerror=window.hacked=1>.png"
LONG = 120_000  # ms: a process is started, on a machine that does much else
DROP = """
async ([selector, files]) => {
  const transfer = new DataTransfer();
  const bytes = (data) => Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  for (const [name, data] of files) transfer.items.add(new File([bytes(data)], name));
  const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) document.querySelector(selector).dispatchEvent(new DragEvent(kind, options));
}
"""


def drop(page, files):
    """Drop files, as they come from the desktop."""
    given = [[name, base64.b64encode(data).decode()] for name, data in files.items()]
    page.evaluate(DROP, ['[data-screen="data"] [data-el="drop"]', given])


def png(tmp_path, number):
    picture(number).save(tmp_path / "p.png")
    return (tmp_path / "p.png").read_bytes()


def review_one(served, study):
    (found,) = served.rows("SELECT id FROM studies WHERE name = ?", study)
    with served.server.client() as client:
        item = client.get("/api/next", params={"study": found["id"]}).json()["item"]
        body = {"study": found["id"], "image": item["image"]["key"]}
        client.post("/api/lock", json=body | {"rating": 35.0}).raise_for_status()
        body |= {"submission_id": f"{study}-exported", "base_revision": 0, "judgement": "accurate"}
        client.post("/api/reviews", json=body).raise_for_status()


def test_dropped_files_are_imported_and_what_was_broken_is_told(served, visit, tmp_path):
    page = visit(served, served.study(), at="data").page
    start = page.get_by_role("button", name="Import", exact=True)
    expect(page.locator('[data-el="imported"]')).to_contain_text("images in the workbench")
    expect(page.get_by_text("Choose what to import.")).to_be_visible()
    expect(start).to_be_disabled()
    drop(
        page, {"a.png": png(tmp_path, 900), "b.png": png(tmp_path, 901), NASTY: b"\x89PNG no image", ".DS_Store": b"1"}
    )
    expect(page.get_by_text("3 files, ")).to_be_visible()
    expect(page.get_by_text("Name a study.")).to_be_visible()
    page.get_by_label("Study", exact=False).and_(page.locator("#rz-data-study")).fill("dropped")
    expect(page.get_by_text("a new one")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Imported into dropped")).to_be_visible(timeout=LONG)
    figures = page.locator('[data-el="imported"] .stats > div')
    assert [one.split("\n")[-1] for one in figures.all_inner_texts()] == ["2", "2", "0", "1", "0", "0", "0"]
    row = page.get_by_role("region", name="Skipped").get_by_role("row").nth(1)
    expect(row).to_contain_text(NASTY)
    expect(row).to_contain_text("not an image of a kind that is read")
    assert page.evaluate("window.hacked") is None
    with page.expect_download() as loading:
        page.get_by_role("button", name="All as CSV").click()
    loading.value.save_as(tmp_path / "skipped.csv")
    rows = list(csv.DictReader((tmp_path / "skipped.csv").read_text(encoding="utf-8").splitlines()))
    assert [one["record"] for one in rows] == [NASTY]
    page.reload()
    expect(page.get_by_role("heading", name="Imported into dropped")).to_be_visible()
    page.get_by_role("button", name="Show in Browse").click()
    expect(page.locator(".card")).to_have_count(2)
    expect(page.locator('[data-el="pick"] select')).to_contain_text("dropped")


def test_a_folder_with_its_table_is_sent_and_its_maps_are_computed_and_stopped(served_alone, visit, tmp_path):
    folder = tmp_path / "set"
    (folder / "deep").mkdir(parents=True)
    lines = ["image,description"]
    for at in range(8):
        picture(910 + at).save(folder / "deep" / f"{at}.png")
        lines.append(f"deep/{at}.png,Somewhat. The handle melts into the rim.")
    (folder / "t.csv").write_text("\n".join(lines))
    (study,) = served_alone.rows("SELECT name FROM studies")
    page = visit(served_alone, study["name"], at="data").page
    expect(page.get_by_text("Choose what to import.")).to_be_visible()
    page.locator('[data-screen="data"] [data-el="folder"]').set_input_files(folder)
    expect(page.get_by_text("8 files and 1 table")).to_be_visible()
    expect(page.locator("#rz-data-study")).to_have_value("set")
    page.locator("#rz-data-study").fill("sent")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Imported into sent")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Compute the maps").click()
    stop = page.get_by_role("button", name="Stop")
    expect(page.get_by_text("Starting …").first).to_be_visible()
    page.reload()
    expect(stop).to_be_visible()
    expect(page.get_by_role("heading", name="Imported into sent")).to_be_visible()
    stop.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("computed, which stay")).to_be_visible(timeout=LONG)
    assert page.evaluate("document.activeElement.dataset.el") == "imported"


def test_a_path_that_is_not_there_is_told_and_the_form_stays(served, visit):
    page = visit(served, served.study(), at="data", noise="422").page
    page.locator("#rz-data-study").fill("none")
    page.get_by_role("button", name="A path").click()
    page.locator("#rz-data-path").fill("/there/is/nothing")
    expect(page.locator("#rz-data-study")).to_have_value("none")  # what was typed stays
    page.locator("#rz-data-study").fill("")
    page.locator("#rz-data-path").fill("/there/is/nothing")
    expect(page.locator("#rz-data-study")).to_have_value("nothing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="there is nothing at /there/is/nothing")).to_be_visible()
    expect(page.locator("#rz-data-path")).to_have_value("/there/is/nothing")


def test_an_upload_that_is_given_up_leaves_nothing(served, visit, tmp_path):
    page = visit(served, served.study(), at="data").page
    page.route("**/api/data/uploads/*?*", lambda route: None)  # never answered
    page.locator("#rz-data-study").fill("given up")
    drop(page, {"a.png": png(tmp_path, 930)})
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Sending, 0 of 1 file").first).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_enabled()
    uploads = served.settings.data / "uploads"
    assert [path for path in uploads.rglob("*") if path.is_file()] == []
    assert served.rows("SELECT id FROM studies WHERE name = 'given up'") == []


def test_an_export_is_counted_made_and_saved_as_the_command_writes_it(served, visit, tmp_path):
    study = served.study()
    review_one(served, study)
    page = visit(served, study, at="data?part=export", accept_downloads=True).page
    expect(page.locator("#rz-data-of")).to_have_value(study)
    counted = page.locator('[data-el="counted"]')
    expect(counted).to_contain_text("1 review leaves")
    page.locator("#rz-data-of-split").select_option("train")
    expect(counted).to_contain_text("0 reviews leave")
    expect(counted).to_contain_text("1 of other splits")
    page.locator("#rz-data-of-split").select_option("")
    expect(counted).to_contain_text("1 review leaves")
    page.locator("#rz-data-format").select_option("csv")
    with page.expect_download(timeout=LONG) as loading:
        page.get_by_role("button", name="Export", exact=True).click()
    loading.value.save_as(tmp_path / "saved.csv")
    target = tmp_path / "by-hand.csv"
    options = ["--db", served.settings.database, "--data", str(served.settings.data), "--study", study]
    command = [sys.executable, "-m", "realness", "export", "csv", str(target), *options]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    assert (tmp_path / "saved.csv").read_bytes() == target.read_bytes()
    page.set_viewport_size({"width": 1024, "height": 768})
    table = page.get_by_role("region", name="Exports").and_(page.locator(".table"))
    assert table.evaluate("(one) => one.scrollWidth <= one.clientWidth")  # its buttons are not cut off
    row = page.get_by_role("region", name="Exports").get_by_role("row").nth(1)
    expect(row).to_contain_text(study)
    with page.expect_download() as loading:
        row.get_by_role("button", name="Manifest").click()
    assert loading.value.suggested_filename.endswith(".csv.manifest.json")


def test_the_formats_say_what_they_are_for_and_a_folder_is_saved_as_a_zip(served, visit, tmp_path):
    study = served.study()
    page = visit(served, study, at="data?part=export", accept_downloads=True).page
    format, texts = page.locator("#rz-data-format"), page.locator("#rz-data-source")
    expect(page.locator("#rz-data-purpose")).to_have_text("Every answer, nothing lost, a line each.")
    groups = format.locator("optgroup").evaluate_all("all => all.map((one) => one.label)")
    assert groups == ["Everything", "Tune a describer", "Share", "Label on", "Opinion scores"]
    texts.select_option("machine")
    expect(page.locator('[data-el="counted"]')).to_contain_text("4 descriptions leave")
    format.select_option("dpo")
    expect(texts).to_be_disabled()
    expect(texts).to_have_value("human")
    expect(page.locator("#rz-data-purpose")).to_contain_text("people's answers alone")
    expect(page.locator('[data-el="counted"]')).to_contain_text(
        "0 reviews are looked at; this format makes its rows of"
    )
    format.select_option("llava")
    texts.select_option("machine")
    page.get_by_text("More", exact=True).last.click()
    expect(page.get_by_label("Skips and flags, too")).to_be_hidden()
    page.locator("#rz-data-share").fill("100")
    with page.expect_download(timeout=LONG) as loading:
        page.get_by_role("button", name="Export", exact=True).click()
    loading.value.save_as(tmp_path / "saved.zip")
    with zipfile.ZipFile(tmp_path / "saved.zip") as held:
        kept = [len(json.loads(held.read(f"{name}.json"))) for name in ("train", "test")]
    assert kept == [2, 2]  # these images have splits of their own
    expect(page.get_by_role("region", name="Exports").get_by_role("row").nth(1)).to_contain_text("machines' texts")


def test_a_backup_is_made_listed_opened_and_deleted(served, visit, tmp_path):
    page = visit(served, served.study(), at="data?part=backup", accept_downloads=True).page
    expect(page.get_by_text("Images and maps are not in it.")).to_be_visible()
    page.get_by_role("button", name="Make a backup").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("checked and sound")).to_be_visible(timeout=LONG)
    row = page.get_by_role("region", name="Backups").get_by_role("row").nth(1)
    expect(row).to_contain_text("Sound")
    with page.expect_download() as loading:
        row.get_by_role("button", name="Save").click()
    loading.value.save_as(tmp_path / "saved.db")
    with sqlite3.connect(tmp_path / "saved.db") as copy:
        assert copy.execute("SELECT count(*) FROM studies").fetchone()[0] == len(served.rows("SELECT id FROM studies"))
    row.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this backup?")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No backup yet")).to_be_visible()
    assert list((served.settings.data / "backups").iterdir()) == []


def test_a_reviewer_does_not_see_the_screen_and_a_lead_does(served_alone, visit):
    bench = Workbench.open(served_alone.settings)
    for name, role in (("ada", Role.ADMIN), ("lea", Role.LEAD), ("ana", Role.REVIEWER)):
        add_account(bench, name, role, WORDS)
    bench.close()
    (study,) = served_alone.rows("SELECT name FROM studies")

    def come(name):
        page = visit(served_alone, study["name"], at="data").page
        sign_in(page, name, WORDS)
        return page

    page = come("ana")
    expect(page.get_by_text("This is for those who lead studies")).to_be_visible()
    expect(page.locator('[data-nav="data"]')).to_be_hidden()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_hidden()
    page = come("lea")
    expect(page.locator('[data-nav="data"]')).to_be_visible()
    expect(page.get_by_text("Drop files here")).to_be_visible()
    expect(page.get_by_role("button", name="A path")).to_be_hidden()


@pytest.mark.parametrize("part", ["import", "export", "backup"])
@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (720, 450)])
def test_the_screen_fits_the_window(served, visit, part, size):
    page = visit(served, served.study(), at=f"data?part={part}", viewport={"width": size[0], "height": size[1]}).page
    expect(page.locator(f'[data-screen="data"] [data-el="{part}"]')).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    spill = "(all) => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.className)"
    assert page.locator(".data, .data-form, .data-list, .data > .bar").evaluate_all(spill) == []
