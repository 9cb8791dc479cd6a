// "Was my company drawn?": one entity's chance, ticket, place and proof, out of a draw that has been derived.
import { hex, merklePath, rootAlong } from "./bytes.js";
import { Fraction } from "./fraction.js";
import { pairOf } from "./shares.js";
import { purposeKey, ticket } from "./seed.js";

/** The chance of an entity as a reduced fraction and as "about one in n" (§5: expect / population). */
function chanceOf(expect, population) {
  const chance = new Fraction(expect.n, expect.d * BigInt(population));
  const inWords = chance.isZero() ? "0" : chance.n === chance.d ? "必定抽中" : `约 ${chance.d / chance.n} 分之一`;
  return { exact: chance.toString(), inWords };
}

function proofOf(draw, id) {
  const place = draw.ids.indexOf(id);
  if (place < 0) return null;
  const path = merklePath(draw.leaves, place);
  return { steps: path.length, holds: rootAlong(draw.leaves[place], path) === draw.result.root };
}

/** What there is to say of an entity: pairs of words, and a sentence first. Null when nothing is known of it. */
export function lookUp(draw, id) {
  const { frame, expect, result } = draw;
  const reason = frame.excluded.get(id);
  if (reason !== undefined) return { sentence: `在范围内，但依规则未列入抽取名单，原因代码：${reason}。`, facts: [] };
  const stratum = [...frame.strata.keys()].find((key) => frame.strata.get(key).includes(id));
  if (stratum === undefined) return null;
  const [district, grade] = pairOf(stratum), population = frame.strata.get(stratum).length;
  const chance = chanceOf(expect.get(stratum), population), key = purposeKey("entity", draw.seed);
  const same = (one) => one.district === district && one.grade === grade;
  const drawn = result.drawn.find((one) => one.id === id), spare = result.reserve.find((one) => one.id === id);
  const last = result.drawn.filter(same).at(-1);
  const facts = [
    ["所在层", `区划 ${district}，等级 ${grade}，共 ${population} 家`],
    ["抽中机会", `${chance.exact}（${chance.inWords}）`],
    ["票号", hex(ticket(key, id))],
    ["本层抽中的最后一张票号", last ? hex(ticket(key, last.id)) : "本层没有抽取"],
  ];
  const one = drawn ?? spare;
  if (one) {
    const proof = proofOf(draw, id);
    facts.push(["名次", String(one.rank)]);
    facts.push(["证明", proof?.holds ? `沿 ${proof.steps} 步到达公布的总根，成立` : "不成立"]);
  }
  if (drawn) return { sentence: `抽中，由第 ${drawn.team} 检查组检查。`, facts };
  return { sentence: spare ? "未抽中，是备选。" : "未抽中：票号大于本层抽中的最后一张。", facts };
}
