"""A supervised entity in people's words: its fields as label and text, and what changed between two versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from registries.entity_tables import (
    CONTENT,
    GRADES,
    SET_ASIDE_REASONS,
    SIZES,
    STATES,
    Entity,
    Permit,
    Project,
)
from registries.kinds import kind_name

STATE: Final = "状态"
_CHOICES: Final[dict[str, Mapping[str, str]]] = {"size": SIZES, "grade": GRADES}
_SEVERAL: Final = frozenset({"kind", "tags"})


def state_words(entity: Entity) -> str:
    """Return the state, with the reasons why the entity is set aside."""
    reasons = [SET_ASIDE_REASONS[code] for code in entity.state_reason.split("+") if code]
    return STATES[entity.state] + (f"（{'、'.join(reasons)}）" if reasons else "")


def kind_words(kinds: str) -> str:
    """Return the names of kinds joined by +."""
    return "、".join(kind_name(code) for code in kinds.split("+") if code)


def permit_words(permit: Permit) -> str:
    """Return a permit in one line."""
    days = (
        f"{permit.issued or ''} 至 {permit.expires or ''}"
        if permit.issued or permit.expires
        else ""
    )
    return "；".join(part for part in (permit.name, permit.number, permit.issuer, days) if part)


def project_words(project: Project) -> str:
    """Return a project's parties in one line."""
    parts = {
        "建设单位": project.client,
        "施工总承包": project.general_contractor,
        "分包": "、".join(project.subcontractors),
        "工资专户": project.wage_account,
    }
    return "；".join(f"{label}：{text}" for label, text in parts.items() if text)


def field_words(entity: Entity, name: str, districts: Mapping[str, str]) -> str:
    """Return a field (a key of CONTENT) as it is read; `districts` maps codes to names."""
    value = getattr(entity, name)
    if value is None or value == "":
        return ""
    if name == "kind":
        return kind_words(value)
    if name in _SEVERAL:
        return "、".join(value.split("+"))
    if name == "district":
        return f"{districts.get(value, '')} {value}".strip()
    if name in _CHOICES:
        return _CHOICES[name].get(value, value)
    if name == "permits":
        return "\n".join(permit_words(one) for one in value)
    if name == "project":
        return project_words(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def differences(
    old: Entity | None, new: Entity, districts: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Return (label, before, after) of everything that a version changed; for the first, nothing."""
    if old is None:
        return []
    changed = [
        (label, field_words(old, name, districts), field_words(new, name, districts))
        for name, label in CONTENT.items()
        if getattr(old, name) != getattr(new, name)
    ]
    if (old.state, old.state_reason) != (new.state, new.state_reason):
        changed.append((STATE, state_words(old), state_words(new)))
    if old.replaced_by != new.replaced_by:
        changed.append(("更正为", old.replaced_by, new.replaced_by))
    return changed
