"""The papers of a draw: which there are by now, and what is missing for them (protocol §8).

Everything is an argument and nothing asks a clock, so that the same draw gives the same papers, byte for byte.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from app.draws.draw_record_rules import record
from app.draws.material_rules import Material, Particulars
from app.draws.visit_rules import notices, tasks
from exports import sheets
from exports.draw_record import draw_record as record_docx
from exports.fields import MissingFields
from exports.sheets import Exclusion, StratumOdds
from registries.errors import Invalid
from sampling.encoding import fraction_text

ODDS, EXCLUSIONS, RECORD, TASKS = (
    "抽取机会表.xlsx",
    "未列入名册清单.xlsx",
    "双随机抽取记录表.docx",
    "抽查任务分派表.xlsx",
)


def papers(material: Material, particulars: Particulars) -> Iterator[tuple[str, bytes]]:
    """Yield each paper that this draw has by now: its path under the folder, and its bytes.

    Paths name districts, teams and running numbers, never an entity or a person. Raises Invalid
    naming every particular that is missing for the papers due.
    """
    yield ODDS, odds(material)
    if material.frozen.frame.excluded:
        yield EXCLUSIONS, exclusions(material)
    if material.ceremony is None:
        return
    missing = []
    if material.result is not None and material.signed:
        yield TASKS, tasks(material)
        try:
            yield from notices(material, particulars)
        except MissingFields as lacking:
            missing.append(lacking)
    try:
        yield RECORD, record_docx(record(material, particulars))
    except MissingFields as lacking:
        missing.append(lacking)
    if missing:
        raise Invalid(
            "文书还缺必填内容，请补齐后重新生成。",
            {lacking.document: list(lacking.labels) for lacking in missing},
        )


def odds(material: Material) -> bytes:
    """Return 抽取机会表: every stratum's exact chance, public before the draw (§5)."""
    frozen = material.frozen
    strata = [
        StratumOdds(
            district,
            material.district(district),
            grade,
            frozen.frame.entities.populations[district, grade],
            fraction_text(share),
        )
        for (district, grade), share in sorted(frozen.shares.items())
    ]
    out = io.BytesIO()
    sheets.odds(out, frozen.plan.title, strata, rehearsal=material.rehearsal)
    return out.getvalue()


MASKED = "另一次抽查启封前不列出"


def exclusions(material: Material) -> bytes:
    """Return 未列入名册清单: who is in scope and not in the frame, each with the reason (§2)."""
    meanings = {one["code"]: one["meaning"] for one in material.terms["exclusions"]}
    listed = [
        Exclusion(
            *(
                (MASKED, "")
                if entity in material.masked
                else (entity, material.names.get(entity, ""))
            ),
            reason,
            meanings.get(reason, reason),
        )
        for entity, reason in material.frozen.frame.excluded
    ]
    out = io.BytesIO()
    title = f"{material.frozen.plan.title}：未列入名册清单"
    sheets.exclusion_list(out, title, listed, rehearsal=material.rehearsal)
    return out.getvalue()
