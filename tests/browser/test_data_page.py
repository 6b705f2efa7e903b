"""A newcomer on the Data page: from the template, and from a release, to a forecast; mistakes, undo, delete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from pages.shared.navigation import TITLES
from tests.browser.harness import PATIENCE, Screen, saved, screen, server
from tests.support import SHARED

pytestmark = pytest.mark.browser

FACTS = {"authority_code": "999", "authority_name": "Newshire", "title": "First try", "base_year": "2025"}
PLANS = {2019: 1000, 2020: 1080, 2021: 1160, 2022: 1250, 2023: 1350, 2024: 1460, 2025: 1580}
RELEASE = SHARED / "dfe" / "education-health-and-care-plans_2025.zip"


@pytest.fixture(scope="module")
def own() -> Iterator[str]:
    """A server of this module's own, because accepted datasets are seen by every visitor."""
    with server() as found:
        yield found


@pytest.fixture
def newcomer(browser: Browser, own: str) -> Iterator[Screen]:
    with screen(browser, own) as found:
        yield found.open("data")


def _filled(template: Path, to: Path, **spoilt: str) -> Path:
    """Fill in the least that makes a forecast: a few facts, and plans by year."""
    book = openpyxl.load_workbook(template)
    about = book["about"]
    known = {about.cell(row, 1).value: row for row in range(2, about.max_row + 1) if about.cell(row, 1).value}
    for key, value in {**FACTS, **spoilt}.items():
        row = known.setdefault(key, len(known) + 2)
        about.cell(row, 1, key)
        about.cell(row, 2, value)
    header = [cell.value for cell in book["ehc_plans"][1]]
    for row, (year, plans) in enumerate(PLANS.items(), start=2):
        book["ehc_plans"].cell(row, header.index("year") + 1, year)
        book["ehc_plans"].cell(row, header.index("plans") + 1, plans)
    book.save(to)
    return to


def _template(newcomer: Screen, folder: Path) -> Path:
    with newcomer.page.expect_download() as found:
        newcomer.page.get_by_role("button", name="Download the template (Excel)").click()
    assert found.value.suggested_filename == "sufficiency-template.xlsx"
    return saved(found.value.path(), folder, "template.xlsx")


def _upload(newcomer: Screen, *files: Path) -> None:
    newcomer.page.locator("input[type=file]").set_input_files(files)


def _accept(newcomer: Screen, **reasons: str) -> None:
    """Give name and reasons, then accept."""
    for label, text in {
        "Your name or initials": "AB",
        **{f"Why (table {t})": why for t, why in reasons.items()},
    }.items():
        box = newcomer.page.get_by_label(label)
        box.fill(text)
        box.press("Tab")
    newcomer.page.get_by_role("button", name="Accept and use these data").click()
    expect(newcomer.page.get_by_text("Accepted and kept.")).to_be_visible(timeout=PATIENCE)
    newcomer.settled()


def test_from_the_template_to_a_forecast_then_a_mistake_and_back(newcomer: Screen, tmp_path: Path) -> None:
    template = _template(newcomer, tmp_path)
    _upload(newcomer, _filled(template, tmp_path / "first.xlsx"))
    recognised = newcomer.page.locator("table.figures", has_text="What was recognised")
    expect(recognised.locator("tbody tr", has_text="ehc_plans")).to_contain_text("2019 to 2025")
    expect(newcomer.page.get_by_text("These files can be used: no errors, no warnings")).to_be_visible()
    expect(newcomer.answer).to_contain_text("In hand: Rotherham")  # nothing is taken before it is accepted
    _accept(newcomer)
    expect(newcomer.answer).to_contain_text("In hand: Newshire, First try, base year 2025")
    expect(newcomer.page.locator("p.first")).to_contain_text("Newshire is forecast to")
    expect(newcomer.metric("EHC plans")).not_to_have_text("0")

    _upload(newcomer, _filled(template, tmp_path / "broken.xlsx", base_year="soon"))
    expect(newcomer.page.get_by_text("These files cannot be used yet")).to_be_visible()
    errors = newcomer.page.locator("table.figures", has_text="Errors").locator("tbody tr")
    expect(errors.first).to_contain_text('broken.xlsx, sheet "about"')
    expect(errors.first).to_contain_text("soon")
    expect(newcomer.answer).to_contain_text("In hand: Newshire, First try")  # the last good dataset stays
    expect(newcomer.page.get_by_role("button", name="Accept and use these data")).to_have_count(0)

    newcomer.page.reload()  # what was accepted survives a refresh, the broken file does not
    newcomer.settled()
    expect(newcomer.answer).to_contain_text("In hand: Newshire, First try")
    _upload(newcomer, _filled(template, tmp_path / "second.xlsx", title="Second try"))
    changed = newcomer.page.locator("table.figures", has_text="What changed, table by table")
    expect(changed.locator("tbody tr", has_text="about")).to_contain_text("1 altered")
    expect(changed.locator("tbody tr", has_text="ehc_plans")).to_contain_text("the same")
    _accept(newcomer)
    expect(newcomer.answer).to_contain_text("In hand: Newshire, Second try")

    box = newcomer.settled().page.get_by_role("combobox", name="Accepted dataset")
    box.click()
    box.fill("First try")
    newcomer.page.get_by_role("option").filter(has_text="First try").click()
    newcomer.page.get_by_role("button", name="Go back to this dataset").click()
    expect(newcomer.answer).to_contain_text("In hand: Newshire, First try")
    newcomer.clean()


def test_from_a_release_to_a_forecast_with_every_warning_decided(newcomer: Screen, tmp_path: Path) -> None:
    if not RELEASE.exists():
        pytest.skip(f"the published release is not here: {RELEASE.name}")
    _upload(newcomer, RELEASE)
    box = newcomer.page.get_by_role("combobox", name="Which authority is yours")
    box.click()
    box.fill("Rotherham")
    newcomer.page.get_by_role("option", name="Rotherham").click()
    button = newcomer.page.get_by_role("button", name="Accept and use these data")
    button.click()
    expect(newcomer.page.get_by_text('Say why, for the warnings of table "plan_flows".')).to_be_visible()
    expect(newcomer.page.get_by_text("Give your name or initials.")).to_be_visible()
    expect(newcomer.answer).to_contain_text("base year 2016")
    _accept(newcomer, ehc_plans="our own count agrees", plan_flows="the sum of the parts is right")
    expect(newcomer.answer).to_contain_text("base year 2025")
    expect(newcomer.page.locator("p.first")).to_contain_text("(3,623)")

    with newcomer.page.expect_download() as found:
        newcomer.page.get_by_role("button", name="Download the data-quality report").first.click()
    book = openpyxl.load_workbook(saved(found.value.path(), tmp_path, found.value.suggested_filename))
    texts = {str(cell.value) for row in book["Decisions"].iter_rows() for cell in row}
    assert {"our own count agrees", "the sum of the parts is right", "AB"} <= texts

    newcomer.page.get_by_role("link", name="Go to the overview").click()
    newcomer.shows(TITLES["overview"])
    expect(newcomer.metric("EHC plans")).to_be_visible()
    newcomer.clean()


def test_one_click_to_the_demonstration(newcomer: Screen) -> None:
    newcomer.page.get_by_role("button", name="Use the demonstration (made-up data)").click()
    said = newcomer.page.get_by_text("Synthetic data: a made-up authority, not a real one.")
    expect(said).to_be_visible(timeout=PATIENCE)  # its first forecast follows each child's moves
    expect(newcomer.answer).not_to_contain_text("Rotherham")
    newcomer.clean()
