"""The year's plan: what it may say, how it becomes binding, and how far the year has come.

Sources: 广东省人社厅 2019 (8 % of the supervised or 80 of them a year, three times a year); 广东省优化营商环境条例
art. 48 (the plan is filed with the superior body); the 2025 rules for checks on enterprises (plan by 31 March,
a yearly cap per enterprise, nothing outside the published list of items).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import msgspec

from registries.errors import Refused
from registries.items import METHODS
from registries.kinds import KINDS
from sampling.quota import required_number

MODES: Final = {"either": "比例或家数达到其一", "both": "比例和家数都要达到"}
AIMS: Final = {"undirected": "不定向", "directed": "定向"}
OCCASIONS: Final = {"annual": "年度", "temporary": "临时"}
WEIGHTS: Final = {"general": "一般检查事项", "key": "重点检查事项"}
FEWEST_ROUNDS: Final = 3
MOST_ROUNDS: Final = 12

_NAME = re.compile("[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,200}")
_DISTRICT = re.compile("[0-9]{6,12}")
_TAG = re.compile(r"[^\s\x00-\x1f]{1,40}")


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the whole year is held to. `ratio_permille` is per thousand of the supervised.

    `frequency_cap` is how often one entity may be inspected in a year (个案 checks exempt; 0: no cap);
    Guangdong publishes none for this field, so the default is the strictest cap found elsewhere (广西: 1).
    `pause_months` keeps out whoever was inspected within so many months (0: nobody).
    """

    ratio_permille: int = 80
    floor: int = 80
    mode: Literal["either", "both"] = "either"
    frequency_cap: int = 1
    pause_months: int = 6


class Round(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One round of the year: whom, what, how many, how densely, and when. Empty tuples mean all.

    `rates` are §5's: relative density per grade, 0 … 100 or "all"; `*` for every grade not named.
    """

    name: str
    items: tuple[str, ...]
    total: int
    starts: date
    ends: date
    aim: Literal["undirected", "directed"] = "undirected"
    occasion: Literal["annual", "temporary"] = "annual"
    weight: Literal["general", "key"] = "general"
    methods: tuple[str, ...] = ("on-site",)
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    rates: Mapping[str, int | Literal["all"]] = msgspec.field(
        default_factory=lambda: {"A": 1, "B": 3, "C": 10, "-": 2, "*": 1}
    )
    district_minimum: int = 1
    reserve: int = 2
    entities_per_team: int = 10
    team_size: int = 2
    home_avoidance: bool = True
    balance_load: bool = True


class PlanContent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan says: who issues it, the version of the item list, the policy, the rounds in order."""

    issuing_authority: str
    item_list: int
    policy: Policy
    rounds: tuple[Round, ...]


State = Literal["drafting", "submitted", "approved", "filed", "published", "withdrawn"]
STATES: Final[dict[State, str]] = {
    "drafting": "起草",
    "submitted": "待审批",
    "approved": "已审批",
    "filed": "已报备",
    "published": "已公布",
    "withdrawn": "已撤回",
}


@dataclass(frozen=True)
class Step:
    """A step of a plan: its Chinese name, from which states to which, and by whom."""

    name: str
    title: str
    sources: tuple[State, ...]
    target: State
    by: str


STEPS: Final[dict[str, Step]] = {
    step.name: step
    for step in (
        Step("submit", "提交审批", ("drafting",), "submitted", "起草人"),
        Step("return", "退回起草", ("submitted",), "drafting", "审批人（不得是起草人）"),
        Step("approve", "审批通过", ("submitted",), "approved", "审批人（不得是起草人）"),
        Step("file", "报上级备案", ("approved",), "filed", "经办人"),
        Step("publish", "向社会公布", ("filed",), "published", "经办人"),
        Step("withdraw", "撤回", ("drafting", "submitted", "approved"), "withdrawn", "经办人"),
    )
}


def after(state: State, step: str) -> State:
    """Return the state after `step` in `state`; Refused says what is possible now instead."""
    if state in STEPS[step].sources:
        return STEPS[step].target
    possible = "、".join(one.title for one in STEPS.values() if state in one.sources)
    raise Refused(
        f"计划现在是“{STATES[state]}”，不能{STEPS[step].title}。"
        f"现在可以做的是：{possible or '修订（另立新版本）'}。"
    )


def check_approver(drafted_by: str, approver: str) -> None:
    """Raise Refused where the author of a plan would approve it himself or herself.

    An account stands as 姓名（工号）; a name typed at the command line has no number, so there the
    names alone decide.
    """
    author, number = _name_and_number(drafted_by)
    name, other = _name_and_number(approver)
    if author == name and (number == other or not number or not other):
        raise Refused("起草人不能审批自己的计划，请由另一人审批。")


def _name_and_number(actor: str) -> tuple[str, str]:
    found = re.fullmatch(r"(.+)（([^（）]+)）", actor)
    return (found[1], found[2]) if found else (actor, "")


def publication_due(year: int) -> date:
    """Return the day by which the plan must be approved, filed and public: 31 March of its year."""
    return date(year, 3, 31)


def lateness(year: int, published: date | None, today: date) -> str:
    """Return one sentence on whether the plan met, meets or missed its day."""
    due = publication_due(year)
    if published is not None:
        late = (published - due).days
        return f"已于 {published} 公布" + (f"，比规定的 {due} 晚 {late} 天。" if late > 0 else "。")
    left = (due - today).days
    if left < 0:
        return f"应在 {due} 前公布，已逾期 {-left} 天，请尽快审批、报备并公布。"
    return f"应在 {due} 前公布，还有 {left} 天。"


def faults(content: PlanContent, year: int, *, amends: bool) -> dict[str, list[str]]:
    """Return every fault of a plan under the name of its field; none if it may be submitted."""
    found: dict[str, list[str]] = {}
    if not _NAME.fullmatch(content.issuing_authority):
        found["issuing_authority"] = ["请填写制定机关全称（1 至 200 字）。"]
    if content.item_list < 1:
        found["item_list"] = ["请指明所依据的随机抽查事项清单版本。"]
    found |= {f"policy.{name}": lines for name, lines in _policy_faults(content.policy).items()}
    rounds = content.rounds
    if not FEWEST_ROUNDS <= len(rounds) <= MOST_ROUNDS:
        found["rounds"] = [
            f"全年抽查次数应为 {FEWEST_ROUNDS} 至 {MOST_ROUNDS} 次（每年不少于三次）。"
        ]
    for number, one in enumerate(rounds, start=1):
        lines = _round_faults(one, year)
        if one.occasion == "temporary" and not amends:
            lines["occasion"] = ["年度计划的首个版本不能含临时任务；临时任务请通过修订计划增加。"]
        if number > 1 and one.starts < rounds[number - 2].starts:
            lines.setdefault("starts", []).append("各次抽查应按时间先后排列。")
        found |= {f"rounds[{number}].{name}": text for name, text in lines.items()}
    return found


def displaced(base: PlanContent, content: PlanContent, today: date) -> list[str]:
    """Return a sentence for each round that has begun and that an amendment renames, moves or drops.

    A draw names its round by its number in the plan, so a round that may have been drawn keeps its place.
    """
    found = []
    for number, one in enumerate(base.rounds, start=1):
        kept = content.rounds[number - 1] if number <= len(content.rounds) else None
        if one.starts <= today and (
            kept is None or (kept.name, kept.starts) != (one.name, one.starts)
        ):
            found.append(
                f"第 {number} 次抽查（{one.name}）已经开始，修订时须保留其次序、名称和开始日期。"
            )
    return found


def _policy_faults(policy: Policy) -> dict[str, list[str]]:
    limits = {
        "ratio_permille": (0, 1000, "年度抽查比例（千分比）"),
        "floor": (0, 10_000_000, "年度最低家数"),
        "frequency_cap": (0, 100, "年度检查频次上限"),
        "pause_months": (0, 60, "近期已检查的月数"),
    }
    return _out_of_limits(policy, limits)


def _round_faults(one: Round, year: int) -> dict[str, list[str]]:
    limits = {
        "total": (1, 10_000_000, "抽查家数"),
        "district_minimum": (0, 10_000_000, "各区最低家数"),
        "reserve": (0, 1000, "各层备选家数"),
        "entities_per_team": (1, 10_000, "每组检查家数"),
        "team_size": (2, 10, "每组人数（执法检查不得少于两人）"),
    }
    found = _out_of_limits(one, limits)
    if not _NAME.fullmatch(one.name):
        found["name"] = ["请填写本次抽查的名称（1 至 200 字）。"]
    if not one.items:
        found["items"] = ["请至少列出一个抽查事项；清单之外不得检查。"]
    if one.starts.year != year or one.ends < one.starts:
        found["starts"] = [f"实施时间应从 {year} 年内开始，并且不晚于结束日期。"]
    found |= _scope_faults(one)
    rates = _rate_faults(one.rates)
    return found | ({"rates": rates} if rates else {})


def _scope_faults(one: Round) -> dict[str, list[str]]:
    found = {}
    if one.aim == "directed" and not (one.kinds or one.tags or one.districts):
        found["aim"] = ["定向抽查应写明类别、标签或地区；不加限定的请改为不定向。"]
    if one.aim == "undirected" and one.tags:
        found["tags"] = ["按标签限定范围的是定向抽查，请改为定向或去掉标签。"]
    odd = [kind for kind in one.kinds if kind not in KINDS]
    if odd:
        found["kinds"] = [f"没有这些类别：{'、'.join(odd)}。可用：{'、'.join(KINDS)}。"]
    if not one.methods or set(one.methods) - METHODS.keys():
        found["methods"] = [f"检查方式应为 {'、'.join(METHODS)} 中的一种或几种。"]
    if any(not _DISTRICT.fullmatch(code) for code in one.districts):
        found["districts"] = ["地区应写区划代码（6 至 12 位数字）。"]
    if any(not _TAG.fullmatch(tag) for tag in one.tags):
        found.setdefault("tags", []).append("标签为 1 至 40 个字，不含空格。")
    return found


def _rate_faults(rates: Mapping[str, int | Literal["all"]]) -> list[str]:
    found = []
    if "*" not in rates or rates.keys() - set("ABC-*"):
        found.append("抽查密度应按等级 A、B、C、-（未评级）填写，并且必须有 *（其他等级）。")
    if any(rate != "all" and not 0 <= rate <= 100 for rate in rates.values()):
        found.append("抽查密度应为 0 至 100 的整数，或 all（全部抽取）。")
    if not any(rates.values()):
        found.append("至少一个等级的抽查密度要大于零。")
    return found


def _out_of_limits(
    value: msgspec.Struct, limits: Mapping[str, tuple[int, int, str]]
) -> dict[str, list[str]]:
    return {
        field: [f"{title}应在 {least} 至 {most} 之间。"]
        for field, (least, most, title) in limits.items()
        if not least <= getattr(value, field) <= most
    }


@dataclass(frozen=True)
class Gauges:
    """How far the year has come, held to both 8 % and 80. Counts are different entities."""

    population: int
    by_ratio: int
    floor: int
    mode: str
    required: int
    drawn: int
    rounds_done: int
    rounds_planned: int
    planned_ahead: int
    ratio_reached: bool
    floor_reached: bool
    satisfied: bool
    warnings: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many different entities the year still has to draw."""
        return max(0, self.required - self.drawn)


def gauges(
    content: PlanContent, *, population: int, drawn: int, done: Sequence[int], today: date
) -> Gauges:
    """Return the year's gauges.

    `population` is everyone supervised now, `drawn` the different entities of the year's signed
    draws that are not void, with those imported as done before; `done` the numbers of the plan's
    rounds with such a draw.
    """
    policy = content.policy
    by_ratio = -(-population * policy.ratio_permille // 1000)
    required = required_number(population, policy.ratio_permille, policy.floor, policy.mode)
    open_rounds = {n: r for n, r in enumerate(content.rounds, start=1) if n not in done}
    ahead = sum(one.total for one in open_rounds.values())
    warnings = [
        f"第 {number} 次抽查（{one.name}）应在 {one.ends} 前完成，至今没有签字的抽查。"
        for number, one in open_rounds.items()
        if one.ends < today
    ]
    if drawn + ahead < required:
        warnings.append(
            f"已抽 {drawn} 家，计划中其余各次共抽 {ahead} 家，全年为 {drawn + ahead} 家，"
            f"比应抽的 {required} 家少 {required - drawn - ahead} 家。"
            "最后一次抽查将不能冻结，请修订计划、增加抽查家数。"
        )
    return Gauges(
        population=population,
        by_ratio=by_ratio,
        floor=policy.floor,
        mode=policy.mode,
        required=required,
        drawn=drawn,
        rounds_done=len(set(done)),
        rounds_planned=len(content.rounds),
        planned_ahead=ahead,
        ratio_reached=drawn >= by_ratio,
        floor_reached=drawn >= policy.floor,
        satisfied=drawn >= required and not open_rounds,
        warnings=tuple(warnings),
    )
