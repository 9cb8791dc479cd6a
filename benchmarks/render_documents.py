"""Write a sample of every document, crowded, minimal and rehearsed, to look at with one's own eyes.

`python -m benchmarks.render_documents OUT_DIR` needs nothing installed; where LibreOffice's
`soffice` is on the PATH it also turns each into a PDF. Everybody in the samples is fictitious.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from exports import draw_record as record
from exports import letters, sheets

_DISTRICTS = [
    "东江",
    "西岭",
    "南岸",
    "北湖",
    "城中",
    "港口",
    "新洲",
    "云台",
    "海角",
    "龙泉",
    "高新技术产业开发",
]
_LONG = "羊城（示例）国际人力资源与劳务派遣综合服务（集团）股份有限公司第二分公司"


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sample_notice(*, crowded: bool, rehearsal: bool = False) -> letters.InspectionNotice:
    """Return a made-up notice, with everything optional when `crowded`."""
    count = 6 if crowded else 1
    items = [
        ("用人单位制定内部劳动保障规章制度的情况", "《劳动保障监察条例》第十一条第（一）项"),
        ("用人单位与劳动者订立劳动合同的情况", "《劳动保障监察条例》第十一条第（二）项"),
        ("用人单位遵守禁止使用童工规定的情况", "《劳动保障监察条例》第十一条第（三）项"),
        ("用人单位遵守女职工和未成年工特殊劳动保护规定的情况", "同条例第十一条第（四）项"),
        ("用人单位遵守工作时间和休息休假规定的情况", "《劳动保障监察条例》第十一条第（五）项"),
        ("用人单位支付劳动者工资和执行最低工资标准的情况", "同条例第十一条第（六）项"),
    ]
    materials = [
        "营业执照",
        "劳动合同文本和台账",
        "近十二个月工资支付表",
        "考勤记录",
        "规章制度",
        "社会保险缴费凭证",
    ]
    people = ("欧阳示例", "19990001001"), ("王例", "19990001002")
    return letters.InspectionNotice(
        number="示人社监抽〔2026〕27号",
        entity_name=_LONG if crowded else "示例面包店",
        entity_code="91440103MA5D00016N",
        basis=("《劳动保障监察条例》第十三条",),
        task="示人社抽查〔2026〕3号",
        items=tuple(letters.NoticeItem(*item) for item in items[:count]),
        period_from=date(2026, 9, 1),
        period_to=date(2026, 9, 30),
        methods=("现场检查", "书面抽查") if crowded else ("书面抽查",),
        materials=tuple(materials[:count]),
        contact="李示例",
        phone="020-00000000",
        complaint_phone="12345",
        authority="示例市人力资源和社会保障局劳动保障监察综合行政执法支队"
        if crowded
        else "示例市人社局",
        issued=date(2026, 8, 24),
        inspectors=tuple(letters.NoticeInspector(*p) for p in people) if crowded else (),
        address="示例市高新技术产业开发区科技大道东一百二十八号创新中心甲座十八层"
        if crowded
        else "",
        rehearsal=rehearsal,
    )


def sample_record(*, crowded: bool, rehearsal: bool = False) -> record.DrawRecord:
    """Return a made-up record: 11 districts, 30 entities and 60 guests when `crowded`."""
    names = _DISTRICTS if crowded else _DISTRICTS[:1]
    guests = [f"guest-{number:02}" for number in range(1, 61 if crowded else 2)]
    seats = ["bureau", "discipline-inspection", *guests]
    return record.DrawRecord(
        draw="示人社抽查〔2026〕3号",
        title="2026年第三轮劳动保障监察“双随机、一公开”抽查"
        + ("（重点行业专项）" if crowded else ""),
        authority="示例市人力资源和社会保障局",
        place="示例市政务服务中心三楼公开大厅",
        frozen_at=datetime(2026, 8, 20, 1, 0, tzinfo=UTC),
        drawn_at=datetime(2026, 8, 21, 1, 30, tzinfo=UTC),
        scope="全市用人单位、人力资源服务机构、职业技能鉴定机构" if crowded else "全市用人单位",
        items=("订立劳动合同的情况", "支付工资和执行最低工资标准的情况")[: 2 if crowded else 1],
        operator="张示例",
        witness="赵例",
        population=24000,
        frame=23000,
        excluded=900,
        out_of_scope=100,
        required=80,
        drawn_before=54,
        total=30 if crowded else 1,
        inspectors=120,
        districts=tuple(record.DistrictCount(f"{n}区", 2090, 3, 2, 1) for n in names),
        commitment=_hex("commitment"),
        contributions=tuple(
            record.Contribution(
                label=seat,
                commit="" if number % 13 == 12 else _hex(seat),
                absent=number % 13 in (11, 12),
                person=f"来宾例{number}" if crowded and number > 1 and number % 13 != 12 else "",
            )
            for number, seat in enumerate(seats)
        ),
        parts_digest=_hex("parts"),
        dice="3141592653",
        result_digest=_hex("result"),
        root=_hex("root"),
        leaves=52,
        checkpoint=f"example.gov/yaohao/449900\n1042\n{_hex('root')[:43]}=\n",
        check_at="https://example.gov/draws/2026-3",
        previous=_hex("previous") if crowded else "",
        seed=_hex("seed") if crowded else "",
        entities=tuple(
            record.DrawnEntity(f"{names[n % 11]}区", 1, "91440103MA5D00016N", _LONG)
            for n in range(30)
        )
        if crowded
        else (),
        teams=tuple(record.DrawnTeam(f"{n}区", 1, "欧阳示例", ("王例", "陈例")) for n in names)
        if crowded
        else (),
        objection="抽取过程中投影曾中断约一分钟，数字由工作人员口头报读。" if crowded else "",
        rehearsal=rehearsal,
    )


def sample_assignment(*, rehearsal: bool = False) -> sheets.TaskAssignment:
    """Return a made-up assignment of three entities to a team in each of eleven districts."""

    def entity(district: int, rank: int, team: int) -> sheets.AssignedEntity:
        people = ("欧阳示例（19990001001）", ("王例（19990001002）",)) if team else ("", ())
        return sheets.AssignedEntity(
            f"4499{district:02}", f"{_DISTRICTS[district - 1]}区", team, rank, "-",
            "91440103MA5D00016N", _LONG, f"{_DISTRICTS[district - 1]}区示例路{rank}号", *people,
        )  # fmt: skip

    return sheets.TaskAssignment(
        bureau="示例市人力资源和社会保障局",
        draw="示人社抽查〔2026〕3号",
        title="第三轮",
        period="2026年9月1日至9月30日",
        result_digest=_hex("result"),
        drawn=tuple(entity(d, r, 1) for d in range(1, 12) for r in (1, 2, 3)),
        reserve=tuple(entity(d, r, 0) for d in range(1, 12) for r in (4, 5)),
        rehearsal=rehearsal,
    )


def _samples() -> Iterator[tuple[str, bytes]]:
    for name, crowded, rehearsal in [
        ("crowded", True, False), ("minimal", False, False), ("rehearsal", False, True),
    ]:  # fmt: skip
        notice = sample_notice(crowded=crowded, rehearsal=rehearsal)
        yield f"notice-{name}.docx", letters.inspection_notice(notice)
        minutes = sample_record(crowded=crowded, rehearsal=rehearsal)
        yield f"record-{name}.docx", record.draw_record(minutes)
    yield "assignment.xlsx", sheets.task_assignment(sample_assignment())
    yield "assignment-rehearsal.xlsx", sheets.task_assignment(sample_assignment(rehearsal=True))
    content = io.BytesIO()
    strata = [sheets.StratumOdds("449901", "东江区", g, 300, "7/3") for g in "ABC-"]
    sheets.odds(content, "第三轮", strata)
    yield "odds.xlsx", content.getvalue()
    content = io.BytesIO()
    advice = "核对营业执照上的统一社会信用代码，改正后重新导入。"
    fault = sheets.ImportFault(
        "Sheet1", 12, 3, "统一社会信用代码", "=HYPERLINK(1)", "校验码不符", advice
    )
    sheets.fault_list(content, "导入问题清单", [fault] * 40)
    yield "faults.xlsx", content.getvalue()


def main() -> int:
    """Write the samples into the folder named on the command line; return 2 without one."""
    if len(sys.argv) != 2:
        print("usage: python -m benchmarks.render_documents OUT_DIR", file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _samples():
        (folder / name).write_bytes(content)
    written = sorted(str(path) for path in folder.iterdir() if path.suffix in {".docx", ".xlsx"})
    print("\n".join(written))
    office = shutil.which("soffice")
    if office is None:
        print("soffice is not on the PATH: open the files in an office suite instead")
        return 0
    subprocess.run(
        [office, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *written], check=True
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
