"""The verify page in a real browser: a third implementation that says of every bundle what the others say."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from app.publication.verify_page import page, script
from sampling import verifier
from tests.browser.conftest import City
from tests.browser.test_sign_in import serious_faults
from tests.sampling.mutations import mutants, whole_bundle

VECTORS = Path(__file__).parents[1] / "vectors"
BAD = Path(__file__).parents[1] / "bad-vectors"
NAMES = (*verifier.CHECKED_FILES, "verify.py", "说明.txt")
CHECK = """async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  return await yaohaoCheck(new File([bytes], "x.zip"));
}"""
WORD = """async (bundles) => {
  const words = [];
  for (const packed of bundles) words.push(await yaohaoWord(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0))));
  return words;
}"""
BATCH = 100
# Every so many of the spoilt bundles; the two Python programs are compared on all of them (tests/sampling).
STEP = 7


def zipped(files: Mapping[str, bytes]) -> str:
    """Return a bundle as the program writes it, in base64; a file that is missing stays missing."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in NAMES:
            content = files.get(name, b"" if name in {"verify.py", "说明.txt"} else None)
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return base64.b64encode(made.getvalue()).decode()


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files of a vector."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name in NAMES}


@pytest.fixture(scope="module")
def saved(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give the page as somebody saved it and opened it from a disk, without any network."""
    path = tmp_path_factory.mktemp("stick") / "核验.html"
    path.write_text(page()[0], encoding="utf-8")
    context = chromium.new_context(offline=True)
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.goto(path.as_uri())
    yield opened
    context.close()
    assert faults == []


@pytest.mark.parametrize("vector", sorted(path.name for path in VECTORS.iterdir()))
def test_every_vector_is_accepted_with_its_values(saved: Page, vector: str) -> None:
    files = files_in(VECTORS / vector)
    report = saved.evaluate(CHECK, zipped(files))
    expected = verifier.verify(files)
    assert expected.verified
    assert (report["verified"], report["word"]) == (True, "")
    for name in ("commitment", "parts_digest", "dice", "seed", "root"):
        assert report["values"][name] == expected.values[name]


@pytest.mark.parametrize("vector", sorted(path.name for path in BAD.iterdir() if path.is_dir()))
def test_every_bad_vector_is_refused_with_its_word(saved: Page, vector: str) -> None:
    report = saved.evaluate(CHECK, zipped(files_in(BAD / vector)))
    expected = (BAD / vector / "expect").read_text(encoding="utf-8").strip()
    assert (report["verified"], report["word"]) == (False, expected)
    assert f"核验未通过（{expected}）" in saved.inner_text("#verdict")


def test_spoilt_bundles_get_the_word_that_the_other_implementations_give(saved: Page) -> None:
    whole = whole_bundle()
    differing: list[tuple[str, str, str]] = []
    batch: list[tuple[str, str, str]] = []

    def compare() -> None:
        words = saved.evaluate(WORD, [packed for _, _, packed in batch])
        differing.extend(
            (told, expected, word)
            for (told, expected, _), word in zip(batch, words, strict=True)
            if word != expected
        )
        batch.clear()

    compared = 0
    for told, spoilt in islice(mutants(whole), 0, None, STEP):
        if told.startswith("people.csv"):
            continue  # Never published; the page does not ask for it.
        expected = verifier.verify({n: c for n, c in spoilt.items() if n != "people.csv"}).word
        batch.append((told, expected, zipped(spoilt)))
        compared += 1
        if len(batch) == BATCH:
            compare()
    compare()
    assert differing == []
    assert compared > 1000


def test_one_changed_byte_of_a_real_bundle_is_found_and_published_values_are_compared(
    chromium: Browser, city: City
) -> None:
    whole = (city.folder / "2026-03.zip").read_bytes()
    context = chromium.new_context(base_url=city.address)
    visitor = context.new_page()
    visitor.goto("/verify")
    report = visitor.evaluate(CHECK, base64.b64encode(whole).decode())
    assert report["verified"]
    assert "没有填写" in visitor.inner_text("#verdict")
    values = report["values"]
    for name in ("commitment", "parts_digest", "dice", "root"):
        visitor.fill(f"#{name}", str(values[name]).upper())
    again = visitor.evaluate(CHECK, base64.b64encode(whole).decode())
    assert again["verified"]
    assert "没有填写" not in visitor.inner_text("#verdict")
    visitor.fill("#root", "0" * 64)
    other = visitor.evaluate(CHECK, base64.b64encode(whole).decode())
    assert other["word"] == "anchors"
    visitor.fill("#root", "太短")
    assert visitor.evaluate(CHECK, base64.b64encode(whole).decode()) is None
    assert "请核对抄写" in visitor.inner_text("#root-fault")
    visitor.fill("#root", "")
    at = whole.index(b"id,district,grade") + 100
    spoilt = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    assert visitor.evaluate(CHECK, base64.b64encode(spoilt).decode())["word"] == "files"
    context.close()


def test_a_company_learns_its_chance_its_place_and_its_proof(saved: Page) -> None:
    files = files_in(VECTORS / "small")
    saved.evaluate(CHECK, zipped(files))
    result = json.loads(files["result.json"])
    drawn, spare = result["drawn"][0]["id"], result["reserve"][0]["id"]
    known = {one["id"] for one in (*result["drawn"], *result["reserve"])}
    rows = files["entities.csv"].decode().splitlines()[1:]
    missed = next(one for one in (row.split(",")[0] for row in rows) if one not in known)
    for id_, words in (
        (drawn, "抽中，由第"),
        (spare, "是备选"),
        (missed, "未抽中"),
        ("NOBODY", "名单中没有"),
    ):
        saved.fill("#company", id_.lower())
        saved.click("#look-up button")
        assert words in saved.inner_text("#company-answer")
    saved.fill("#company", drawn)
    saved.click("#look-up button")
    told = saved.inner_text("#company-answer")
    assert "到达公布的总根，成立" in told
    stratum = next(
        one
        for one in json.loads(files["plan.json"])["strata"]
        if one["key"] == [result["drawn"][0]["district"], result["drawn"][0]["grade"]]
    )
    expect, population = Fraction(stratum["expect"]), stratum["population"]
    chance = expect / population
    assert f"{chance.numerator}/{chance.denominator}" in told


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 10, b"\x00" * 64])
def test_what_is_no_bundle_is_refused_in_words(saved: Page, content: bytes) -> None:
    report = saved.evaluate(CHECK, base64.b64encode(content).decode())
    assert report["word"] == "files"
    assert "压缩包" in saved.inner_text("#verdict")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_a_phone_and_troubles_no_axe(
    chromium: Browser, city: City, width: int
) -> None:
    context = chromium.new_context(base_url=city.address, viewport={"width": width, "height": 844})
    visitor = context.new_page()
    visitor.goto("/verify")
    visitor.set_input_files("#bundle", city.folder / "2026-03.zip")
    visitor.wait_for_selector("#verdict.good")
    over = visitor.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0
    assert serious_faults(visitor) == []
    context.close()


def test_without_script_the_page_says_what_to_do_instead(chromium: Browser, city: City) -> None:
    context = chromium.new_context(base_url=city.address, java_script_enabled=False)
    visitor = context.new_page()
    visitor.goto("/verify")
    assert "verify.py" in visitor.inner_text("main")
    assert not visitor.is_visible("#form")
    context.close()


def test_the_script_names_no_other_host() -> None:
    text: Any = script()
    assert "http" not in text.replace("RFC", "")
