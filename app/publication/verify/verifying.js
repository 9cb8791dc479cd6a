// The checks of protocol §9 in their order. The first that fails ends them, named by its word.
import { merkleRoot, sameBytes, sha256Hex } from "./bytes.js";
import { Refused, demand, jcs, parseJcs } from "./canonical.js";
import { checkDigests, checkDisjoint, checkQuota, readFrame } from "./frame.js";
import { PROTOCOL, readPlan } from "./plan.js";
import { checkDice, checkSeed, readSeed } from "./seed.js";
import { checkShares, rounded } from "./shares.js";
import { choose, deal, staffTeams } from "./teams.js";

export const WORDS = {
  keys: "方案 plan.json 的格式、键、类型和范围",
  files: "文件齐全，加盐摘要与冻结时一致",
  rows: "每一行的格式、顺序和唯一性",
  disjoint: "名单之间没有重叠",
  quota: "抽查数量要求",
  shares: "各区各等级的应抽数",
  contributions: "各方的承诺与公开的值",
  dice: "骰子数字的形式",
  seed: "各方摘要与种子",
  result: "抽中单位、备选次序、检查组和总根",
  anchors: "与事先公布的数值一致",
};
export const PUBLISHED = {
  commitment: "承诺（冻结时公布）",
  parts_digest: "各方输入摘要（掷骰子前公布）",
  dice: "骰子数字（当众掷出）",
  root: "总根（检查前公布）",
};

function rowOf(one) {
  return { id: one.id, district: one.district, grade: one.grade, rank: one.rank };
}

/** result.json as it must be, from the frozen files and the seed (§6–§8). */
function deriveResult(plan, frame, expect, commitment, seed) {
  const { drawn, spare } = choose(frame, rounded(expect, seed), plan.reserve, seed);
  // Dealing sorts within districts by ticket; the result keeps its own order.
  const teams = deal(drawn, plan.entities_per_team);
  staffTeams(plan, frame, teams, seed);
  const teamOf = new Map(teams.flatMap((team) => team.entities.map((one) => [one.id, team])));
  const everyone = [...drawn, ...spare].sort((a, b) => (a.id < b.id ? -1 : 1));
  const leaves = everyone.map((one) => {
    const team = teamOf.get(one.id);
    return jcs([
      "yaohao/1 leaf", commitment, one.id, one.district, one.grade, one.rank,
      team ? team.number : 0, team ? team.staff : [], one.ticket,
    ]);
  });
  const result = {
    protocol: PROTOCOL, draw: plan.draw, commitment, seed, leaves: leaves.length, root: merkleRoot(leaves),
    drawn: drawn.map((one) => ({ ...rowOf(one), team: teamOf.get(one.id).number })),
    reserve: spare.map(rowOf),
    teams: teams.map((team) => ({
      district: team.district, team: team.number, lead: team.staff[0], members: team.staff.slice(1),
      entities: team.entities.map((one) => one.id),
    })),
  };
  return { result, ids: everyone.map((one) => one.id), leaves };
}

function checkResult(bytes, derived) {
  if (sameBytes(bytes, jcs(derived))) return;
  const given = parseJcs(bytes, "result.json", "result");
  const differs = Object.keys(derived).find(
    (key) => typeof given !== "object" || !Object.hasOwn(given, key) || !sameBytes(jcs(given[key]), jcs(derived[key])),
  );
  throw new Refused("result", `result.json 的 ${differs ?? "键"} 与重新计算的不符。`);
}

/**
 * Derive a draw again from `files` (name → bytes) and compare it with the published values given.
 * `told(word)` is awaited before each check, so that a page can show how far it is.
 * Returns {verified, word, sentence, checked, values, given, missing, derived}.
 */
export async function verify(files, published = {}, told = async () => {}) {
  const report = { verified: false, word: "", sentence: "", checked: [], values: {}, derived: null, draw: null };
  report.given = Object.keys(PUBLISHED).filter((name) => published[name]);
  report.missing = Object.keys(PUBLISHED).filter((name) => !published[name]);
  const step = async (word, work) => {
    await told(word);
    const made = work();
    report.checked.push(word);
    return made;
  };
  try {
    await checks(files, published, report, step);
    report.verified = true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.word = error.word;
    report.sentence = error.sentence;
  }
  return report;
}

async function checks(files, published, report, step) {
  const values = report.values;
  const plan = await step("keys", () => {
    demand(files.has("plan.json"), "files", "缺少文件 plan.json。");
    return readPlan(files.get("plan.json"));
  });
  values.commitment = sha256Hex(files.get("plan.json"));
  Object.assign(values, { bureau: plan.bureau, draw: plan.draw, title: plan.title });
  await step("files", () => checkDigests(files, plan));
  const frame = await step("rows", () => readFrame(files));
  values.entities = frame.count;
  await step("disjoint", () => checkDisjoint(frame));
  await step("quota", () => checkQuota(plan, frame));
  const expect = await step("shares", () => checkShares(plan, frame));
  const { seed, parts } = await step("contributions", () => readSeed(files.get("seed.json"), plan, values.commitment));
  await step("dice", () => checkDice(seed, plan));
  await step("seed", () => checkSeed(seed, parts, values.commitment));
  const made = await step("result", () => {
    const derived = deriveResult(plan, frame, expect, values.commitment, seed.seed);
    checkResult(files.get("result.json"), derived.result);
    return derived;
  });
  report.derived = made.result;
  report.draw = { plan, frame, expect, seed: seed.seed, ...made };
  Object.assign(values, {
    parts_digest: seed.parts_digest, dice: seed.dice, seed: seed.seed, root: report.derived.root,
    drawn: report.derived.drawn.length, reserve: report.derived.reserve.length, teams: report.derived.teams.length,
  });
  if (!report.given.length) return;
  await step("anchors", () => {
    for (const name of report.given) {
      const same = published[name] === values[name];
      demand(same, "anchors", `${PUBLISHED[name]}与公布的不同：这不是公布的那次抽查，请向主管部门和见证人查询。`);
    }
  });
}
