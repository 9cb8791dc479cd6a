"""What a kind of sheet holds, declared as data: its columns, what people call them, and how their cells are read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from registries.sheet_cells import Cell, Reader
from registries.sheet_faults import CellRefused, CellSetAside, FileRefused, column_letter

HEADER_WITHIN = 10  # The header is looked for in this many rows; titles and notes stand above it.


@dataclass(frozen=True)
class Column:
    """One column of a kind of sheet.

    `heading` is what we call it, `synonyms` what others do; `if_empty` is raised for an empty cell (None: allowed,
    the value is None); `personal` masks the value in lists of faults; `repeats` remembers readings of equal cells,
    for columns with few different values; `tidy` matches texts that `read` would return as they stand, which spares
    the look at each.
    """

    field: str
    heading: str
    read: Reader
    synonyms: tuple[str, ...] = ()
    if_empty: CellRefused | CellSetAside | None = None
    personal: bool = False
    repeats: bool = False
    tidy: re.Pattern[str] | None = None
    counts_folds: bool = False


@dataclass
class Block:
    """Some rows of a sheet in columns.

    `rows` are their numbers as the user sees them; `fields` has every field of the form, None where it is empty;
    `aside` the reasons for which a row is set aside, joined by "+" and ascending, or "".
    """

    rows: list[int]
    fields: dict[str, list[object]]
    aside: list[str]

    def __len__(self) -> int:
        return len(self.rows)

    def as_rows(self) -> Iterator[dict[str, object]]:
        """Yield each row as a dict of its fields: for small sheets."""
        for values in zip(*self.fields.values(), strict=True):
            yield dict(zip(self.fields, values, strict=True))


# (index of the row in the block, field, what is wrong) for what no single cell can tell.
BlockCheck = Callable[[Block], Iterator[tuple[int, str, CellRefused | CellSetAside]]]


def _nothing_more(_: Block) -> Iterator[tuple[int, str, CellRefused | CellSetAside]]:
    return iter(())


@dataclass(frozen=True)
class SheetForm:
    """A kind of sheet. `needs`: of each group at least one column must be there. `key`: the fields that tell rows
    apart (() for none). `naming`: the field in which two rows of one key differ only by mistake, or "".
    """

    title: str
    columns: tuple[Column, ...]
    needs: tuple[tuple[str, ...], ...]
    key: tuple[str, ...] = ()
    naming: str = ""
    check: BlockCheck = _nothing_more
    _by_word: Mapping[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words: dict[str, Column] = {}
        for column in self.columns:
            for word in {folded_heading(w) for w in (column.heading, *column.synonyms)}:
                if words.setdefault(word, column) is not column:
                    raise ValueError(f"{word} names two columns of {self.title}")
        object.__setattr__(self, "_by_word", words)

    def column(self, name: str) -> Column:
        """Return the column of a field. Raises KeyError for a field that the form does not have."""
        return {column.field: column for column in self.columns}[name]

    def column_for(self, heading: Cell) -> Column | None:
        """Return the column that a heading names, or None."""
        return self._by_word.get(folded_heading(str(heading)))

    def missing(self, fields: set[str]) -> list[str]:
        """Return what is needed and not among `fields`, in people's words: "企业名称", "A 或 B"."""
        return [
            " 或 ".join(self.column(name).heading for name in group)
            for group in self.needs
            if not fields.intersection(group)
        ]


@dataclass(frozen=True)
class Header:
    """Where the header stands and what it says: field → column index, in the order of the form."""

    row: int
    places: Mapping[str, int]
    headings: tuple[str, ...]
    unused: tuple[str, ...]

    def label(self, name: str) -> str:
        """Return a field's column as people find it: letter and heading."""
        if name not in self.places:
            return ""
        place = self.places[name]
        return f"{column_letter(place)} {self.headings[place]}"


def folded_heading(heading: str) -> str:
    """Return a heading without what does not count: width, case, blanks, line ends, stars, a bracketed note."""
    word = unicodedata.normalize("NFKC", heading).lower()
    word = re.sub(r"[\s\u200b\u200c\u200d\u2060\ufeff*:：_]+", "", word)
    return re.sub(r"[(（\[【][^)）\]】]*[)）\]】]$", "", word) or word


def find_header(rows: Sequence[Sequence[Cell]], form: SheetForm, sheet: str) -> Header:
    """Return the first of `rows` that has every column the form needs.

    Raises FileRefused: `header-missing` names what the best row lacks, `header-twice` what stands there twice.
    """
    best, best_row = -1, 0
    for number, row in enumerate(rows[:HEADER_WITHIN], start=1):
        found = [form.column_for(cell) for cell in row]
        fields = {column.field for column in found if column}
        if fields and not form.missing(fields):
            return _header(number, row, found, form, sheet)
        if len(fields) > best:
            best, best_row = len(fields), number
    if best <= 0:
        raise FileRefused(
            "header-missing",
            f"前 {HEADER_WITHIN} 行里找不到{form.title}的表头。表头至少要有："
            f"{'、'.join(form.missing(set()))}。",
            sheet,
        )
    present = {c.field for cell in rows[best_row - 1] if (c := form.column_for(cell))}
    raise FileRefused(
        "header-missing",
        f"第 {best_row} 行像是表头，但缺少：{'、'.join(form.missing(present))}。请补上这些列再导入。",
        sheet,
        best_row,
    )


def _header(
    number: int, row: Sequence[Cell], found: list[Column | None], form: SheetForm, sheet: str
) -> Header:
    headings = tuple(re.sub(r"\s+", "", str(cell)) for cell in row)
    places: dict[str, int] = {}
    for index, column in enumerate(found):
        if column is None:
            continue
        if column.field in places:
            first = places[column.field]
            raise FileRefused(
                "header-twice",
                f"“{column.heading}”有两列：{column_letter(first)} 列“{headings[first]}”和 "
                f"{column_letter(index)} 列“{headings[index]}”。请删去或改名其中一列。",
                sheet,
                number,
            )
        places[column.field] = index
    ordered = {
        column.field: places[column.field] for column in form.columns if column.field in places
    }
    unused = tuple(
        f"{column_letter(i)} {heading}"
        for i, heading in enumerate(headings)
        if heading
        and found[i] is None
        and folded_heading(heading) not in {"序号", "no", "编号序号"}
    )
    return Header(number, ordered, headings, unused)
