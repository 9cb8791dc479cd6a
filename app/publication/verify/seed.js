// The seed (protocol §4): contributions against their commits, dice, parts digest, seed.
import { sha256, sha256Hex, utf8 } from "./bytes.js";
import { Refused, demand, hasKeys, isText, jcs, parseJcs } from "./canonical.js";
import { HEX64 } from "./plan.js";

const VALUE = "[\\u0020-\\u007e\\u3001\\u3002\\u300a\\u300b\\u4e00-\\u9fff\\uff01-\\uff5e]{0,200}";

function partOf(item, label, commitment) {
  const wrong = new Refused("contributions", `${label} 的贡献格式不符。`);
  if (typeof item !== "object" || Array.isArray(item) || item.label !== label) throw wrong;
  if (hasKeys(item, "label commit absent")) {
    if (item.absent !== true || !(item.commit === "" || isText(item.commit, HEX64))) throw wrong;
    return [label, "absent", item.commit];
  }
  if (!hasKeys(item, "label commit nonce value")) throw wrong;
  if (!isText(item.nonce, HEX64) || !isText(item.value, VALUE)) throw wrong;
  const commit = sha256Hex(jcs(["yaohao/1 contribution", commitment, label, item.nonce, item.value]));
  demand(item.commit === commit, "contributions", `${label} 公开的值与承诺不符。`);
  return [label, item.nonce, item.value];
}

/** seed.json and the parts of point 3 (word `contributions`). */
export function readSeed(bytes, plan, commitment) {
  const seed = parseJcs(bytes, "seed.json", "contributions");
  const good = hasKeys(seed, "contributions parts_digest dice seed") && Array.isArray(seed.contributions) &&
    ["parts_digest", "dice", "seed"].every((name) => typeof seed[name] === "string");
  demand(good, "contributions", "seed.json 的格式不符。");
  const seats = plan.contributors;
  demand(seed.contributions.length === seats.length, "contributions", "贡献的数目与席位不符。");
  const parts = seats.map((label, place) => partOf(seed.contributions[place], label, commitment));
  parts.sort((left, right) => (left[0] < right[0] ? -1 : 1));
  return { seed, parts };
}

/** As many decimal digits as the plan says (word `dice`). */
export function checkDice(seed, plan) {
  demand(isText(seed.dice, `[0-9]{${plan.dice}}`), "dice", `骰子不是 ${plan.dice} 位数字。`);
}

/** parts_digest and seed (points 3 and 5; word `seed`). */
export function checkSeed(seed, parts, commitment) {
  const digest = sha256Hex(jcs(["yaohao/1 parts", commitment, parts]));
  demand(seed.parts_digest === digest, "seed", "各方摘要与各方的值不符。");
  const made = sha256Hex(jcs(["yaohao/1 seed", commitment, parts, seed.dice]));
  demand(seed.seed === made, "seed", "种子与各方的值和骰子不符。");
}

/** The key of a purpose, as bytes. */
export function purposeKey(purpose, seed) {
  return utf8(sha256Hex(jcs(["yaohao/1 key", purpose, seed])).slice(0, 32));
}

/** The ticket of a text under the key of a purpose, as 32 bytes. */
export function ticket(key, text) {
  return sha256(key, utf8(text));
}
