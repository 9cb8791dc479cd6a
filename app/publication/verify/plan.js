// plan.json (protocol §2): exactly its keys, types and limits. Word `keys`.
import { demand, hasKeys, isInteger, isText, parseJcs } from "./canonical.js";

export const PROTOCOL = "yaohao/1";
export const FROZEN = [
  "entities.csv", "excluded.csv", "inspectors.csv", "left_out.csv", "recusals.csv", "terms.json",
];
export const CONTROL = "\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029";
export const HEX64 = "[0-9a-f]{64}";
const KEYS =
  "protocol bureau draw previous title frozen_at files people_root quota allocation strata reserve " +
  "entities_per_team team_size home_avoidance balance_load contributors dice";
const QUOTA = "population out_of_scope ratio_permille floor mode rounds round drawn_before required";

function need(condition, what) {
  demand(condition, "keys", `plan.json 的 ${what} 不符合规定。`);
}

function isMoment(value) {
  const moment = "[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z";
  if (!isText(value, moment)) return false;
  const [year, month, day, , minute, second] = value.match(/[0-9]+/g).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] && minute < 60 && second < 60;
}

function checkQuotaForm(quota) {
  need(hasKeys(quota, QUOTA), "quota");
  for (const name of ["population", "out_of_scope", "floor", "drawn_before", "required"]) {
    need(isInteger(quota[name], 0), `quota.${name}`);
  }
  need(isInteger(quota.ratio_permille, 0, 1000), "quota.ratio_permille");
  need(quota.mode === "either" || quota.mode === "both", "quota.mode");
  need(isInteger(quota.rounds, 1, 12), "quota.rounds");
  need(isInteger(quota.round, 1, quota.rounds), "quota.round");
}

function checkAllocation(allocation) {
  need(hasKeys(allocation, "total rates district_minimum"), "allocation");
  need(isInteger(allocation.total, 1), "allocation.total");
  need(isInteger(allocation.district_minimum, 0), "allocation.district_minimum");
  const rates = allocation.rates;
  const object = typeof rates === "object" && rates !== null && !Array.isArray(rates);
  need(object && Object.hasOwn(rates, "*"), "allocation.rates");
  for (const [grade, rate] of Object.entries(rates)) {
    need(["A", "B", "C", "-", "*"].includes(grade), "allocation.rates");
    need(rate === "all" || isInteger(rate, 0, 100), "allocation.rates");
  }
}

function checkStrata(strata) {
  need(Array.isArray(strata), "strata");
  for (const stratum of strata) {
    need(hasKeys(stratum, "key population expect"), "strata");
    const key = stratum.key;
    need(Array.isArray(key) && key.length === 2, "strata.key");
    need(isText(key[0], "[0-9]{6,12}") && isText(key[1], "[ABC-]"), "strata.key");
    need(isInteger(stratum.population, 0), "strata.population");
    need(typeof stratum.expect === "string", "strata.expect");
  }
}

function checkContributors(labels) {
  need(Array.isArray(labels) && labels.length >= 2 && labels.length <= 62, "contributors");
  const wanted = ["bureau", "discipline-inspection"];
  while (wanted.length < labels.length) wanted.push(`guest-${String(wanted.length - 1).padStart(2, "0")}`);
  need(labels.every((label, place) => label === wanted[place]), "contributors");
}

/** The plan of a draw, its form checked. */
export function readPlan(bytes) {
  const plan = parseJcs(bytes, "plan.json", "keys");
  need(hasKeys(plan, KEYS), "键");
  need(plan.protocol === PROTOCOL, "protocol");
  need(isText(plan.bureau, "[0-9]{6}"), "bureau");
  need(isText(plan.draw, "[0-9A-Za-z-]{1,40}"), "draw");
  need(plan.previous === "" || isText(plan.previous, HEX64), "previous");
  need(isText(plan.title, `[^${CONTROL}]{1,200}`), "title");
  need(isMoment(plan.frozen_at), "frozen_at");
  need(hasKeys(plan.files, FROZEN.join(" ")), "files");
  need(Object.values(plan.files).every((digest) => isText(digest, HEX64)), "files");
  need(isText(plan.people_root, HEX64), "people_root");
  checkQuotaForm(plan.quota);
  checkAllocation(plan.allocation);
  checkStrata(plan.strata);
  need(isInteger(plan.reserve, 0, 1000), "reserve");
  need(isInteger(plan.entities_per_team, 1, 10000), "entities_per_team");
  need(isInteger(plan.team_size, 2, 10), "team_size");
  need(typeof plan.home_avoidance === "boolean", "home_avoidance");
  need(typeof plan.balance_load === "boolean", "balance_load");
  checkContributors(plan.contributors);
  need(isInteger(plan.dice, 6, 60), "dice");
  return plan;
}
