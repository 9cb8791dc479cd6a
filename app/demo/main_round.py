"""The main job: the third draw of the year as the clerk sees it, and how everybody checks it afterwards."""

from __future__ import annotations

import secrets
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from app.demo import ceremony, checking
from app.demo.office import OPERATOR, WITNESS, Office
from app.demo.opening import YEAR, title
from app.demo.telling import Teller
from app.draws import bundle_actions, gauges_reads, result_actions
from app.draws.draw_reads import Draw
from app.draws.material_rules import Particulars
from app.draws.pool_rules import LEFT_OUT
from app.draws.preview_rules import GRADES, Preview
from app.draws.result_actions import Published
from app.draws.scope_rules import EXCLUSIONS
from exports.printable import in_groups
from registries import audit_check, audit_log
from registries.errors import Refused
from sampling.bundle import read_bundle
from sampling.encoding import parse_csv, parse_jcs
from sampling.rows import HEADERS

PARTICULARS: Final = Particulars(
    place="云岭市东湖区人民路1号（虚构）",
    check_at="https://yunling.example/verify",
    number="云人社监抽〔2026〕",
    contact="陈经办",
    phone="0000-0000001",
    complaint_phone="0000-0000002",
)

VERIFIED_BY: Final = ("python -I verify.py", "python -m sampling verify")


async def tell(office: Office, folder: Path, kept_checkpoint: str, say: Teller) -> None:
    """Tell the third draw from its preparation to the audit of the log."""
    say.heading(f"三、第三次抽查：冻结（{YEAR} 年 9 月 14 日）")
    office.clock.set(YEAR, 9, 14)
    draw, seen = await _freeze(office, say)
    say.heading("四、现场：各方贡献，最后掷骰")
    await _contribute(office, draw, say)
    await _throw(office, draw, say)
    say.heading("五、结果（大屏只显示家数，名单封存）")
    found = await _result(office, draw, seen, say)
    say.heading("六、文书与核验")
    bundle = await _papers(office, draw, folder, say)
    await _check(office, draw, found, bundle, say)
    await _audit(office, folder, kept_checkpoint, say)


async def _freeze(office: Office, say: Teller) -> tuple[Draw, Preview]:
    tasks = date(YEAR, 9, 15), date(YEAR, 10, 30)
    chosen = ceremony.settings(title(3), tasks, date(YEAR, 12, 31))
    preparation = await ceremony.prepare(office, YEAR, 3, chosen)
    seen = await ceremony.preview(office, preparation)
    say.did(f"准备并预览：监管对象 {seen.population} 家，可抽 {seen.frame} 家")
    for code, number in sorted(seen.excluded.items()):
        say.more(f"  排除 {number} 家：{EXCLUSIONS[code]}")
    stays = "、".join(f"{LEFT_OUT[code]} {n} 人" for code, n in sorted(seen.left_out.items()))
    say.more(f"可派检查人员 {seen.eligible} 人；不可派：{stays}")
    by_chance = sorted(seen.strata, key=lambda one: Fraction(one.chance))
    least, most = (
        f"{one.district_name} {GRADES[one.grade]} {one.chance}（约 {one.percent}）"
        for one in (by_chance[0], by_chance[-1])
    )
    say.more(f"每家的机会事先可知：最低 {least}")
    say.more(f"　　　　　　　　　　最高 {most}")
    draw = await ceremony.freeze(office, preparation)
    say.did(f"冻结为 {draw.number}，此后任何命令都不能再改。公布承诺：")
    say.more(in_groups(draw.commitment))
    return draw, seen


async def _contribute(office: Office, draw: Draw, say: Teller) -> None:
    kept = await ceremony.take_commits(office, draw.number)
    say.did("四方在自己的设备上选定文字，先交承诺；见证人截止名单")
    await ceremony.take_reveals(office, draw.number, kept)
    for one in kept:
        done = "已揭示，与承诺一致" if one.party.reveals else "没有揭示，按缺席计，照常进行"
        say.more(f"{one.label}（{one.party.name}，{one.party.capacity}）：{done}")
    digest = await ceremony.fix_parts(office, draw.number)
    say.did("各方输入固定，掷骰之前公布输入摘要：")
    say.more(in_groups(digest))


async def _throw(office: Office, draw: Draw, say: Teller) -> None:
    thrown = ceremony.throw_dice()
    place = 1 + secrets.randbelow(len(thrown))
    wrong = str((int(thrown[place - 1]) + 1 + secrets.randbelow(9)) % 10)
    dice = await ceremony.type_dice(office, draw.number, thrown, {place: wrong})
    say.did(f"掷骰 {len(thrown)} 位，{OPERATOR}、{WITNESS}各自录入，逐位一致：{dice.digits}")
    say.more(
        f"第 {place} 位操作员误读为 {wrong}，与见证人不一致；双方重读同一枚骰子，"
        f"更正为 {thrown[place - 1]}，骰子不重掷"
    )


async def _result(office: Office, draw: Draw, seen: Preview, say: Teller) -> Published:
    found = await ceremony.run(office, draw.number)
    names = {one.district: one.district_name for one in seen.strata}
    totals = result_actions.counts_by_district(found.counts)
    say.did(f"计算完成：抽中 {sum(totals.values())} 家，检查组 {len(found.counts)} 个")
    for district, count in totals.items():
        teams = [row for row in found.counts if row["district"] == district]
        each = "、".join(f"第 {row['team']} 组 {row['entities']} 家" for row in teams)
        say.more(f"{names[district]} {count} 家：{each}")
    await ceremony.sign(office, draw.number)
    say.did("操作员和见证人签字，结果封存。公布结果根：")
    say.more(in_groups(found.root))
    return found


async def _papers(office: Office, draw: Draw, folder: Path, say: Teller) -> Path:
    papers = await ceremony.documents(office, draw.number, PARTICULARS, folder / draw.number)
    notices = sum(name.startswith("通知书/") for name in papers)
    others = "、".join(Path(name).stem for name in papers if not name.startswith("通知书/"))
    say.did(f"生成文书：{others}，通知书 {notices} 份（{draw.number}/）")
    path = folder / f"{draw.number}.zip"
    path.write_bytes(await ceremony.bundle(office, draw.number))
    say.did(f"写出结果包 {path.name}（{path.stat().st_size / 1e6:.1f} MB）")
    return path


async def _check(office: Office, draw: Draw, found: Published, bundle: Path, say: Teller) -> None:
    published = checking.anchors(draw, found)
    verifier = checking.unpacked_verifier(bundle, bundle.with_name("verify.py"))
    say.more("用四个公布值（承诺、输入摘要、骰子、结果根）核验结果包，任何人都可以做：")
    first = _agreed(checking.by_verifier(verifier, bundle, published))
    say.did(f"{VERIFIED_BY[0]} {bundle.name} …：{first}")
    second = _agreed(checking.by_sampling(bundle, published))
    say.did(f"{VERIFIED_BY[1]} {bundle.name} …：{second}")
    team = next(iter(found.counts))
    entity, name = _someone(bundle, str(team["district"]))
    proof = await office.on_draw(
        OPERATOR, draw.number, bundle_actions.proof, entity=entity, purpose="上门出示"
    )
    path = bundle.with_name(f"{draw.number}-证明.json")
    path.write_bytes(proof)
    told = _agreed(checking.of_proof(path, found.root))
    say.did(f"上门时出示证明（{name}）：{told}")


def _agreed(answer: checking.Answer) -> str:
    """Return the program's own first line; a demo that does not verify must not go on."""
    if not answer.agreed:
        raise Refused("核验没有通过：\n" + "\n".join(answer.lines))
    return answer.lines[0].split(" / ")[0]


def _someone(bundle: Path, district: str) -> tuple[str, str]:
    """Return id and name of the first drawn entity of a district, from the bundle."""
    files = read_bundle(bundle.read_bytes())
    result: Any = parse_jcs(files["result.json"])
    chosen: str = next(one["id"] for one in result["drawn"] if one["district"] == district)
    rows = parse_csv(files["entities.csv"], HEADERS["entities.csv"])
    return chosen, next(row[4] for row in rows if row[0] == chosen)


async def _audit(office: Office, folder: Path, kept: str, say: Teller) -> None:
    office.clock.set(YEAR, 9, 14, 16)
    note = (await office.deed(OPERATOR, audit_log.issue_checkpoint)).encode()
    (folder / "检查点-第三次抽查.txt").write_bytes(note)
    earlier = (folder / kept).read_bytes()
    report = await audit_check.verify({"见证人年初带走的检查点": earlier, "今天的检查点": note})
    if report.findings:
        raise Refused("日志有改动：\n" + "\n".join(one.sentence() for one in report.findings))
    say.did(f"从头核对操作日志 {report.size} 条，与见证人年初带走的检查点相符，没有发现改动")
    year = await gauges_reads.gauges(office.bureau, YEAR, office.clock.now)
    reached = "已完成" if year.satisfied else f"还差 {year.missing} 家"
    say.did(
        f"全年进度：抽查 {year.rounds_done}/{year.rounds_planned} 次，抽中 {year.drawn} 家（不重复），"
        f"应抽 {year.required} 家：{reached}"
    )
