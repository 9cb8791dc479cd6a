"""Forms: WTForms behind a small adapter, with Chinese messages, every fault at once, and nothing typed lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from litestar import Request
from litestar.datastructures import UploadFile
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    validators,
)
from wtforms import (
    Form as WTForm,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from registries.errors import Invalid

F = TypeVar("F", bound="Form")

FILL_IN: Final = "请填写{}。"
CHOOSE: Final = "请选择{}。"
LONGEST_TEXT: Final = 500


class _Values:
    """Litestar's form data as WTForms wants it: `getlist`, and names that can be iterated."""

    def __init__(self, items: Sequence[tuple[str, Any]]) -> None:
        self._items: dict[str, list[Any]] = {}
        for name, value in items:
            self._items.setdefault(name, []).append(value)

    def __iter__(self) -> Any:
        return iter(self._items)

    def __len__(self) -> int:
        # WTForms takes an empty form for one that was not sent; a post of nothing was sent.
        return len(self._items) + 1

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def getlist(self, name: str) -> list[Any]:
        """Return every value sent under a name; a file field left empty counts as nothing."""
        return [one for one in self._items.get(name, []) if not _is_no_file(one)]


class Form(WTForm):  # type: ignore[misc]  # WTForms carries no types.
    """A form of ours. A subclass lists its fields in the order of the page; `data` holds what was sent."""

    class Meta:
        """WTForms' own settings: its messages in Chinese, its own cross-site check off (security.py has it)."""

        locales: Final = ("zh",)
        csrf = False

    #: Fields that stand first although a subclass adds them.
    leading: ClassVar[tuple[str, ...]] = ()
    #: Sentences about the form as a whole.
    general: list[str]

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        self.general = []

    def __iter__(self) -> Iterator[Field]:
        first = [self._fields[name] for name in self.leading]
        return iter(
            [*first, *(one for name, one in self._fields.items() if name not in self.leading)]
        )

    def take(self, refusal: Invalid) -> None:
        """Put the faults that a deed found at their fields, those of no field of the form on top."""
        for name, sentences in refusal.fields.items():
            field = self._fields.get(name)
            if field is None:
                self.general += list(sentences)
            else:
                field.errors = [*field.errors, *sentences]
        if not any(field.errors for field in self) and not self.general:
            self.general = [refusal.sentence]

    def faults(self) -> list[tuple[str, str]]:
        """Return every fault as (id of the field, sentence), in the order of the page."""
        found = [("", sentence) for sentence in self.general]
        for field in self:
            found += [(field.id, str(sentence)) for sentence in field.errors]
        return found


async def sent(request: Request[Any, Any, Any], form: type[F], **values: Any) -> F:
    """Return the form as it was posted, checked: `faults()` is empty when its fields are in order.

    `values` are those of WTForms: `obj` for what the fields hold when nothing is sent for them.
    """
    data = await request.form()
    posted = form(_Values(list(data.multi_items())), **values)
    posted.validate()
    return posted


def asked(request: Request[Any, Any, Any], form: type[F]) -> F:
    """Return a form that is sent in the address (a filter), checked."""
    query = form(_Values(list(request.query_params.multi_items())))
    query.validate()
    return query


def required(name: str, *, chosen: bool = False) -> Any:
    """Return the check that a field is filled in, or chosen, with a sentence that names it."""
    return validators.InputRequired((CHOOSE if chosen else FILL_IN).format(name))


def longest(characters: int) -> Any:
    """Return the check that a text has at most so many characters."""
    return validators.Length(max=characters, message=f"最多 {characters} 个字。")


def stripped(text: Any) -> Any:
    """Return a text without the blanks around it; what is no text stays as it is."""
    return text.strip() if isinstance(text, str) else text


def text(
    label: str, *checks: Any, hint: str = "", most: int = 200, **attributes: Any
) -> StringField:
    """Return a field of one line."""
    return StringField(
        label,
        [*_checks(checks), longest(most)],
        description=hint,
        filters=[stripped],
        default="",
        render_kw=attributes or None,
    )


def lines(label: str, *checks: Any, hint: str = "", most: int = LONGEST_TEXT) -> TextAreaField:
    """Return a field of several lines."""
    return TextAreaField(
        label, [*_checks(checks), longest(most)], description=hint, filters=[stripped], default=""
    )


def reason(label: str = "理由", *, hint: str = "记入操作日志，不可更改。") -> TextAreaField:
    """Return the field for why something is done, which every change of the books asks for."""
    return lines(label, required(label), hint=hint)


def password(label: str, *checks: Any, hint: str = "", complete: str) -> PasswordField:
    """Return a field whose text is never shown again; `complete` tells password managers what it is."""
    return PasswordField(
        label, [*checks, longest(200)], description=hint, render_kw={"autocomplete": complete}
    )


def whole(label: str, *checks: Any, hint: str = "", least: int, most: int) -> IntegerField:
    """Return a field for a whole number between two bounds."""
    bounds = validators.NumberRange(least, most, f"请填写 {least} 到 {most} 之间的整数。")
    return IntegerField(
        label, [*_checks(checks), bounds], description=hint, render_kw={"inputmode": "numeric"}
    )


def a_day(label: str, *checks: Any, hint: str = "") -> DateField:
    """Return a field for a day."""
    return DateField(label, _checks(checks), description=hint)


def choice(
    label: str,
    options: Mapping[Any, str],
    *checks: Any,
    hint: str = "",
    none: str | None = None,
    known: bool = True,
) -> SelectField:
    """Return a list to choose one from: code → words. `none`: the words for no choice, first in the list.

    `known`: the options are these; otherwise the page fills them in and checks the answer itself.
    """
    choices = options_of(({"": none} if none is not None else {}) | dict(options))
    return SelectField(
        label,
        _checks(checks),
        description=hint,
        choices=choices,
        default="",
        validate_choice=known,
    )


def options_of(options: Mapping[Any, str]) -> list[SelectChoice]:
    """Return options (code → words) as a field's `choices` want them."""
    return [SelectChoice(code, words) for code, words in options.items()]


def one_of(label: str, options: Mapping[str, str], *checks: Any, hint: str = "") -> RadioField:
    """Return options of which one is marked; none is, to begin with."""
    return RadioField(label, [*checks], description=hint, choices=options_of(options))


class SeveralField(SelectMultipleField):  # type: ignore[misc]  # WTForms carries no types.
    """Options to tick; WTForms has no Chinese sentence for one that is not offered."""

    def pre_validate(self, form: WTForm) -> None:  # noqa: ARG002 - WTForms' signature.
        """Refuse what is not offered."""
        if self.validate_choice and set(self.data or ()) - {one.value for one in self.choices}:
            raise ValidationError("有的选项不在列表中，请重新选择。")


def several(
    label: str,
    options: Mapping[str, str],
    *checks: Any,
    hint: str = "",
    known: bool = True,
) -> SelectMultipleField:
    """Return options of which any number may be ticked; `known` as for `choice`."""
    return SeveralField(
        label,
        [*_checks(checks)],
        description=hint,
        choices=options_of(options),
        validate_choice=known,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def tick(label: str, *, hint: str = "") -> BooleanField:
    """Return a box to tick."""
    return BooleanField(label, description=hint)


def file(label: str, *checks: Any, hint: str = "", accept: str = "") -> FileField:
    """Return a field for one file."""
    return FileField(
        label, [*checks], description=hint, render_kw={"accept": accept} if accept else None
    )


def must_be(condition: Any, sentence: str) -> Any:
    """Return a check of a field's value: `condition(value)` must hold."""

    def check(form: WTForm, field: Field) -> None:  # noqa: ARG001 - WTForms' signature.
        if not condition(field.data):
            raise ValidationError(sentence)

    return check


def _checks(checks: Sequence[Any]) -> list[Any]:
    """Return the checks, led by the one that lets an empty field pass where nothing requires it."""
    asked_for = any(isinstance(one, validators.InputRequired) for one in checks)
    return [*checks] if asked_for else [validators.Optional(), *checks]


def _is_no_file(value: Any) -> bool:
    return isinstance(value, UploadFile) and not value.filename
