// Which entities and who goes (protocol §6, §7).
import { hex, sha256, utf8 } from "./bytes.js";
import { demand } from "./canonical.js";
import { inOrder, pairOf } from "./shares.js";
import { purposeKey, ticket } from "./seed.js";

/** The first 48 bits of a digest as a number: exact, and enough to leave out who cannot be among the first. */
function head(digest) {
  let number = 0;
  for (let i = 0; i < 6; i++) number = number * 256 + digest[i];
  return number;
}

function firstOf(ids, count, key) {
  const heads = new Float64Array(ids.length);
  ids.forEach((id, place) => { heads[place] = head(ticket(key, id)); });
  const wanted = Math.min(count, ids.length);
  const cut = Float64Array.from(heads).sort()[wanted - 1];
  const near = [];
  ids.forEach((id, place) => {
    if (heads[place] <= cut) near.push({ id, ticket: hex(ticket(key, id)) });
  });
  near.sort((a, b) => (a.ticket < b.ticket ? -1 : a.ticket > b.ticket ? 1 : a.id < b.id ? -1 : 1));
  return near.slice(0, wanted);
}

/** §6: the drawn and the reserve, each by district, grade and rank. */
export function choose(frame, quantity, reserve, seed) {
  const key = purposeKey("entity", seed), drawn = [], spare = [];
  for (const stratum of inOrder(frame.strata.keys())) {
    const count = quantity.get(stratum);
    if (!count) continue;
    const [district, grade] = pairOf(stratum);
    firstOf(frame.strata.get(stratum), count + reserve, key).forEach((one, place) => {
      (place < count ? drawn : spare).push({ ...one, district, grade, rank: place + 1 });
    });
  }
  return { drawn, spare };
}

/** §7 point 1: the teams in order, each with its entities in dealing order. */
export function deal(drawn, entitiesPerTeam) {
  const byDistrict = new Map();
  for (const one of drawn) {
    if (!byDistrict.has(one.district)) byDistrict.set(one.district, []);
    byDistrict.get(one.district).push(one);
  }
  const teams = [];
  for (const district of [...byDistrict.keys()].sort()) {
    const entities = byDistrict.get(district);
    entities.sort((a, b) => (a.ticket < b.ticket ? -1 : a.ticket > b.ticket ? 1 : a.id < b.id ? -1 : 1));
    const count = Math.ceil(entities.length / entitiesPerTeam);
    for (let number = 1; number <= count; number++) {
      const dealt = entities.filter((_, place) => place % count === number - 1);
      teams.push({ district, number, entities: dealt, staff: [] });
    }
  }
  return teams;
}

function byText(textOf) {
  return (a, b) => {
    const left = textOf(a), right = textOf(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

function seatsOf(teams, teamSize, seed) {
  const key = purposeKey("seat", seed), seats = [];
  for (const team of teams) {
    for (let place = 0; place < teamSize; place++) {
      const order = hex(ticket(key, `${team.district}/${team.number}/${place}`));
      seats.push({ team, place, order: `${place > 0 ? 1 : 0}${order}` });
    }
  }
  return seats.sort(byText((seat) => seat.order));
}

function inspectorsOf(frame, balanceLoad, seed) {
  const key = purposeKey("inspector", seed);
  const order = frame.inspectors.map((who) => {
    const load = String(balanceLoad ? who.prior : 0).padStart(4, "0");
    return { who, order: `${load}${hex(ticket(key, who.code))}${who.code}` };
  });
  return order.sort(byText((one) => one.order)).map((one) => one.who);
}

function eligibleOf(seat, order, frame, homeAvoidance) {
  const recused = new Set(seat.team.entities.flatMap((one) => frame.recusals.get(one.id) ?? []));
  const fit = [];
  order.forEach((who, index) => {
    const away = !homeAvoidance || !who.homes.includes(seat.team.district);
    if (away && (seat.place > 0 || who.lead) && !recused.has(who.code)) fit.push(index);
  });
  return fit;
}

/** A complete matching of seats with inspectors, kept complete while seats are given away one by one. */
class Matching {
  constructor(eligible, inspectors) {
    this.eligible = eligible;
    this.seatOf = new Int32Array(inspectors).fill(-1);
    this.inspectorOf = new Int32Array(eligible.length).fill(-1);
    this.used = new Uint8Array(inspectors);
    this.reached = [];
  }

  /** Find an inspector for an empty seat, moving others along an alternating path; the search is breadth first. */
  place(start, barred = -1) {
    const cameFrom = new Map(), waiting = [start];
    const seen = new Uint8Array(this.seatOf.length);
    this.reached = [];
    for (let at = 0; at < waiting.length; at++) {
      for (const index of this.eligible[waiting[at]]) {
        if (seen[index] || this.used[index] || index === barred) continue;
        seen[index] = 1;
        this.reached.push(index);
        cameFrom.set(index, waiting[at]);
        if (this.seatOf[index] < 0) {
          this.shift(index, start, cameFrom);
          return true;
        }
        waiting.push(this.seatOf[index]);
      }
    }
    return false;
  }

  shift(index, start, cameFrom) {
    for (;;) {
      const seat = cameFrom.get(index), before = this.inspectorOf[seat];
      this.inspectorOf[seat] = index;
      this.seatOf[index] = seat;
      if (seat === start) return;
      index = before;
    }
  }

  /** Give the seat to the inspector for good, if the seats after it can still all be filled. */
  settle(seat, index) {
    const mine = this.inspectorOf[seat];
    if (mine === index) return true;
    const displaced = this.seatOf[index];
    this.seatOf[mine] = -1;
    this.seatOf[index] = seat;
    this.inspectorOf[seat] = index;
    if (displaced < 0) return true;
    this.inspectorOf[displaced] = -1;
    if (this.place(displaced, index)) return true;
    this.seatOf[index] = displaced;
    this.inspectorOf[displaced] = index;
    this.seatOf[mine] = seat;
    this.inspectorOf[seat] = mine;
    this.keepForTheirSeats([...this.reached, index]);
    return false;
  }

  /** Those whom a failed search reached serve seats that have nobody else: no other seat is tried with them again. */
  keepForTheirSeats(needed) {
    const theirs = new Set(needed.map((index) => this.seatOf[index])), kept = new Set(needed);
    this.eligible.forEach((indices, seat) => {
      if (!theirs.has(seat)) this.eligible[seat] = indices.filter((index) => !kept.has(index));
    });
  }
}

function assign(eligible, inspectors) {
  const matching = new Matching(eligible, inspectors);
  for (let seat = 0; seat < eligible.length; seat++) if (!matching.place(seat)) return null;
  return eligible.map((_, seat) => {
    for (const index of [...matching.eligible[seat]]) {
      if (matching.used[index] || !matching.eligible[seat].includes(index)) continue;
      if (matching.settle(seat, index)) {
        matching.used[index] = 1;
        return index;
      }
    }
    return -1;
  });
}

/** §7 points 2–5: fill the places of the teams. Refused with `result` where they cannot all be filled. */
export function staffTeams(plan, frame, teams, seed) {
  const seats = seatsOf(teams, plan.team_size, seed);
  const order = inspectorsOf(frame, plan.balance_load, seed);
  const eligible = seats.map((seat) => eligibleOf(seat, order, frame, plan.home_avoidance));
  const taken = assign(eligible, order.length);
  demand(taken && !taken.includes(-1), "result", "检查人员不足以组成所有检查组。");
  seats.forEach((seat, place) => { seat.team.staff[seat.place] = order[taken[place]].code; });
}
