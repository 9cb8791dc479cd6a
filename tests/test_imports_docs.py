"""docs/imports.md names every reason and every column as the code has them."""

from pathlib import Path

from registries.entity_sheet import entity_form
from registries.record_sheet import FACT_FORM
from registries.sheet_faults import CODE_CHECK, DISTRICT_UNKNOWN, REASONS

PAGE = (Path(__file__).parent.parent / "docs" / "imports.md").read_text(encoding="utf-8")


def test_every_reason_is_documented_with_its_grade_and_meaning() -> None:
    for reason, meaning in REASONS.items():
        aside = reason in {CODE_CHECK, DISTRICT_UNKNOWN}
        grade = "set aside 待核" if aside else "refused 拒绝"
        assert f"| `{reason}` | {grade} | {meaning} |" in PAGE


def test_every_column_of_the_entity_sheet_is_documented_with_its_synonyms() -> None:
    for column in entity_form({}.get).columns:
        words = "、".join(column.synonyms)
        assert f"| `{column.field}` | {column.heading} | {words} |" in PAGE


def test_every_column_of_the_record_sheet_is_documented_with_its_synonyms() -> None:
    for column in FACT_FORM.columns:
        words = "、".join(column.synonyms)
        assert f"| `{column.field}` | {column.heading} | {words} |" in PAGE
