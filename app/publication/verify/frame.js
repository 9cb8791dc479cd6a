// The frozen files (protocol §1–§3): digests, every row, nobody on two opposite lists, the quota.
import { sha256Hex, textOf } from "./bytes.js";
import { Refused, demand, parseJcs } from "./canonical.js";
import { CONTROL, FROZEN } from "./plan.js";

export const CHECKED_FILES = ["plan.json", ...FROZEN, "salt.txt", "seed.json", "result.json"];
const ENTITY = "[0-9A-Z]{1,40}", INSPECTOR = "[0-9A-Za-z-]{1,40}", DISTRICT = "[0-9]{6,12}";
const REASON = "[a-z0-9-]{1,40}", KIND = "[a-z0-9+-]{1,80}";
const HOMES = "-|[0-9]{6,12}(?:\\+[0-9]{6,12})*";
const NAME = `[^",${CONTROL}]{1,200}|"(?:[^"${CONTROL}]|""){1,200}"`;

function row(...fields) {
  return new RegExp(`${fields.map((field) => `(${field})`).join(",")}\\n`, "uy");
}

const ROWS = {
  "entities.csv": ["id,district,grade,kind,name", row(ENTITY, DISTRICT, "[ABC-]", KIND, NAME)],
  "excluded.csv": ["id,reason", row(ENTITY, REASON)],
  "inspectors.csv": ["inspector,home,can_lead,prior", row(INSPECTOR, HOMES, "[01]", "[0-9]{1,4}")],
  "left_out.csv": ["inspector,reason", row(INSPECTOR, REASON)],
  "recusals.csv": ["inspector,entity,reason", row(INSPECTOR, ENTITY, REASON)],
};

/** The rows of a CSV file, each as its fields; refused at the first one that breaks the dialect of §1. */
function* rowsOf(files, name) {
  const [header, pattern] = ROWS[name];
  const text = textOf(files.get(name));
  demand(text !== null, "rows", `${name} 不是 UTF-8 文本。`);
  demand(text.startsWith(`${header}\n`), "rows", `${name} 的表头不是 ${header}。`);
  let at = header.length + 1, number = 1;
  while (at < text.length) {
    number += 1;
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    demand(found, "rows", `${name} 第 ${number} 行的格式不符。`);
    at = pattern.lastIndex;
    yield found;
  }
}

function badRow(name, code, what) {
  return new Refused("rows", `${name} 中 ${code}：${what}。`);
}

function ascending(codes) {
  return codes.every((code, place) => place === 0 || codes[place - 1] < code);
}

/** Every file is there, and the frozen ones have the digests of the plan (word `files`). */
export function checkDigests(files, plan) {
  for (const name of CHECKED_FILES) demand(files.has(name), "files", `缺少文件 ${name}。`);
  for (const name of FROZEN) {
    const digest = sha256Hex(files.get("salt.txt"), files.get(name));
    demand(digest === plan.files[name], "files", `${name} 与方案中冻结的摘要不符。`);
  }
}

function readEntities(files) {
  const strata = new Map(), goodKinds = new Set();
  let previous = "", count = 0;
  for (const [, id, district, grade, kind, name] of rowsOf(files, "entities.csv")) {
    if (id <= previous) throw badRow("entities.csv", id, "没有按编号升序排列或重复");
    if (!goodKinds.has(kind)) {
      const codes = kind.split("+");
      if (codes.includes("") || !ascending(codes)) throw badRow("entities.csv", id, "类别没有升序排列或重复");
      goodKinds.add(kind);
    }
    if (name[0] === '"' && !name.includes(",") && !name.slice(1, -1).includes('""')) {
      throw badRow("entities.csv", id, "名称不该加引号");
    }
    previous = id;
    count += 1;
    const key = `${district},${grade}`;
    if (strata.has(key)) strata.get(key).push(id);
    else strata.set(key, [id]);
  }
  demand(count, "rows", "entities.csv 没有任何单位。");
  return { strata, count };
}

function readReasons(files, name) {
  const reasons = new Map();
  let previous = "";
  for (const [, code, reason] of rowsOf(files, name)) {
    if (code <= previous) throw badRow(name, code, "没有升序排列或重复");
    reasons.set(code, reason);
    previous = code;
  }
  return reasons;
}

function readInspectors(files) {
  const inspectors = [];
  for (const [, code, home, lead, prior] of rowsOf(files, "inspectors.csv")) {
    const before = inspectors[inspectors.length - 1];
    if (before && code <= before.code) throw badRow("inspectors.csv", code, "没有升序排列或重复");
    const homes = home === "-" ? [] : home.split("+");
    if (!ascending(homes)) throw badRow("inspectors.csv", code, "回避区划没有升序排列或重复");
    inspectors.push({ code, homes, lead: lead === "1", prior: Number(prior) });
  }
  return inspectors;
}

function readRecusals(files, inspectors) {
  const known = new Set(inspectors.map((one) => one.code)), recusals = new Map();
  let last = null;
  for (const [, inspector, entity] of rowsOf(files, "recusals.csv")) {
    const inOrder = !last || last[0] < inspector || (last[0] === inspector && last[1] < entity);
    if (!inOrder) throw badRow("recusals.csv", inspector, "没有升序排列或重复");
    if (!known.has(inspector)) throw badRow("recusals.csv", inspector, "不在 inspectors.csv 中");
    last = [inspector, entity];
    if (recusals.has(entity)) recusals.get(entity).push(inspector);
    else recusals.set(entity, [inspector]);
  }
  return recusals;
}

/** The frozen files by §1's patterns and §2's order and uniqueness (word `rows`). */
export function readFrame(files) {
  const salt = textOf(files.get("salt.txt"));
  demand(salt !== null && /^[0-9a-f]{64}$/.test(salt), "rows", "salt.txt 不是 64 位小写十六进制字符。");
  parseJcs(files.get("terms.json"), "terms.json", "rows");
  const { strata, count } = readEntities(files);
  const inspectors = readInspectors(files);
  const lengths = new Set();
  for (const key of strata.keys()) lengths.add(key.indexOf(","));
  for (const one of inspectors) for (const home of one.homes) lengths.add(home.length);
  demand(lengths.size <= 1, "rows", "各区划代码的长度不一致。");
  const excluded = readReasons(files, "excluded.csv");
  const leftOut = readReasons(files, "left_out.csv");
  return { strata, count, excluded, inspectors, leftOut, recusals: readRecusals(files, inspectors) };
}

/** Nobody is both in the frame and left out of it (word `disjoint`). */
export function checkDisjoint(frame) {
  for (const ids of frame.strata.values()) {
    const both = ids.find((id) => frame.excluded.has(id));
    demand(both === undefined, "disjoint", `${both} 既在名录中又被排除。`);
  }
  const out = frame.inspectors.find((one) => frame.leftOut.has(one.code));
  demand(out === undefined, "disjoint", `${out?.code} 既可派出又不可派出。`);
}

/** The arithmetic of the quota, and that the last round is enough (§3; word `quota`). */
export function checkQuota(plan, frame) {
  const quota = plan.quota;
  const population = BigInt(frame.count + frame.excluded.size) + BigInt(quota.out_of_scope);
  const byRatio = (population * BigInt(quota.ratio_permille) + 999n) / 1000n, floor = BigInt(quota.floor);
  const least = byRatio < floor ? byRatio : floor, most = byRatio < floor ? floor : byRatio;
  const asked = quota.mode === "either" ? least : most;
  const required = asked < population ? asked : population;
  demand(BigInt(quota.population) === population, "quota", `总体应为 ${population}。`);
  demand(BigInt(quota.required) === required, "quota", `应抽数应为 ${required}。`);
  const after = BigInt(quota.drawn_before) + BigInt(plan.allocation.total);
  const short = quota.round === quota.rounds && after < required;
  demand(!short, "quota", "最后一轮抽查后仍达不到应抽数。");
}
