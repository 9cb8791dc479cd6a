// How many from each stratum (protocol §5): exact shares, then the rounding that the seed decides.
import { sha256Hex } from "./bytes.js";
import { Refused, demand, jcs } from "./canonical.js";
import { Fraction, ONE, TWO } from "./fraction.js";

function impossible(why) {
  return new Refused("shares", `无法分配应抽数：${why}。`);
}

function districtOf(key) {
  return key.slice(0, key.indexOf(","));
}

/** A stratum's key as the protocol writes it: [district, grade]. */
export function pairOf(key) {
  const at = key.indexOf(",");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** The keys of strata in order: districts have one length, so text order is the pairs' order. */
export function inOrder(keys) {
  return [...keys].sort((left, right) => {
    const [a, b] = pairOf(left), [c, d] = pairOf(right);
    return a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0;
  });
}

function shareDistricts(left, weight, minimum) {
  const fixed = new Map();
  for (;;) {
    let remainder = left;
    for (const number of fixed.values()) remainder -= number;
    const moving = [...weight.keys()].filter((district) => !fixed.has(district));
    if (remainder < 0n || (!moving.length && remainder !== 0n)) throw impossible("最低数或总数不合");
    const all = moving.reduce((sum, district) => sum + weight.get(district), 0n);
    const share = new Map(moving.map((one) => [one, new Fraction(remainder * weight.get(one), all)]));
    const below = moving.filter((one) => share.get(one).lessThan(new Fraction(minimum.get(one))));
    if (!below.length) {
      for (const [district, number] of fixed) share.set(district, new Fraction(number));
      return share;
    }
    for (const district of below) fixed.set(district, minimum.get(district));
  }
}

function shareOpen(populations, weights, full, allocation) {
  const fullOf = new Map(), weight = new Map(), size = new Map();
  const add = (map, key, number) => map.set(key, (map.get(key) ?? 0n) + number);
  let left = BigInt(allocation.total);
  for (const key of full) {
    add(fullOf, districtOf(key), populations.get(key));
    left -= populations.get(key);
  }
  if (left < 0n) throw impossible("全抽的单位多于总数");
  for (const [key, number] of weights) {
    add(weight, districtOf(key), number);
    add(size, districtOf(key), populations.get(key));
  }
  const minimum = new Map();
  for (const district of weight.keys()) {
    const lacking = BigInt(allocation.district_minimum) - (fullOf.get(district) ?? 0n);
    const least = lacking < size.get(district) ? lacking : size.get(district);
    minimum.set(district, least > 0n ? least : 0n);
  }
  const share = shareDistricts(left, weight, minimum);
  const open = new Map();
  for (const [key, number] of weights) {
    const part = share.get(districtOf(key));
    open.set(key, new Fraction(part.n * number, part.d * weight.get(districtOf(key))));
  }
  return open;
}

function shares(populations, allocation) {
  const rates = allocation.rates;
  const rate = (key) => (Object.hasOwn(rates, pairOf(key)[1]) ? rates[pairOf(key)[1]] : rates["*"]);
  const keys = [...populations.keys()];
  const full = new Set(keys.filter((key) => rate(key) === "all"));
  const weighted = keys.filter((key) => rate(key) !== "all" && rate(key) !== 0);
  let open;
  for (;;) {
    const moving = weighted.filter((key) => !full.has(key));
    const weights = new Map(moving.map((key) => [key, populations.get(key) * BigInt(rate(key))]));
    open = shareOpen(populations, weights, full, allocation);
    const over = [...open].filter(([key, share]) => new Fraction(populations.get(key)).lessThan(share));
    if (!over.length) break;
    for (const [key] of over) full.add(key);
  }
  for (const share of open.values()) if (share.isZero()) throw impossible("有应抽数为零的层");
  return new Map(
    keys.map((key) => [key, open.get(key) ?? new Fraction(full.has(key) ? populations.get(key) : 0n)]),
  );
}

/** Points 1–5 against the plan's list of strata (word `shares`); the share of every stratum. */
export function checkShares(plan, frame) {
  const keys = inOrder(frame.strata.keys());
  const populations = new Map(keys.map((key) => [key, BigInt(frame.strata.get(key).length)]));
  const expect = shares(populations, plan.allocation);
  const same = plan.strata.length === keys.length && keys.every((key, place) => {
    const listed = plan.strata[place], [district, grade] = pairOf(key);
    return listed.key[0] === district && listed.key[1] === grade &&
      BigInt(listed.population) === populations.get(key) && listed.expect === expect.get(key).toString();
  });
  demand(same, "shares", "方案中各层的应抽数与重新计算的不符。");
  return expect;
}

/** Point 6: stratum → how many are drawn. */
export function rounded(expect, seed) {
  const quantity = new Map(), byDistrict = new Map();
  for (const key of inOrder(expect.keys())) {
    const whole = expect.get(key).floor(), part = expect.get(key).minus(new Fraction(whole));
    quantity.set(key, Number(whole));
    if (part.isZero()) continue;
    const district = districtOf(key);
    if (!byDistrict.has(district)) byDistrict.set(district, []);
    byDistrict.get(district).push([key, part]);
  }
  const more = (key) => quantity.set(key, quantity.get(key) + 1);
  const pair = ([heldKey, a], [nextKey, b]) => {
    const digest = sha256Hex(jcs(["yaohao/1 round", seed, pairOf(heldKey), pairOf(nextKey)]));
    const random = new Fraction(BigInt(`0x${digest}`), 1n << 256n), sum = a.plus(b);
    if (sum.lessThan(ONE)) return [random.lessThan(a.over(sum)) ? heldKey : nextKey, sum];
    const heldWins = random.lessThan(ONE.minus(b).over(TWO.minus(sum)));
    more(heldWins ? heldKey : nextKey);
    const rest = sum.minus(ONE);
    return rest.isZero() ? null : [heldWins ? nextKey : heldKey, rest];
  };
  const walk = (parts) => parts.reduce((held, part) => (held === null ? part : pair(held, part)), null);
  const leftovers = [...byDistrict.keys()].sort().map((district) => walk(byDistrict.get(district)));
  walk(leftovers.filter((one) => one !== null));
  return quantity;
}
