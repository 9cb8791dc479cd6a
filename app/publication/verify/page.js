// The page: take a bundle and the published values, run the checks with progress, say plainly what came of it.
import { readZip } from "./archive.js";
import { Refused, isText } from "./canonical.js";
import { lookUp } from "./company.js";
import { PUBLISHED, WORDS, verify } from "./verifying.js";

const at = (id) => document.getElementById(id);
const FORMS = { dice: ["[0-9]{6,60}", "6 至 60 位数字"] };
const DIGEST = ["[0-9a-f]{64}", "64 个字符（0–9、a–f）"];

/** Let the browser draw before work goes on. */
function breathe() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** The published values as typed: blanks and capital letters mean nothing. Null when one has another form. */
function publishedValues() {
  const values = {};
  let wrong = 0;
  for (const name of Object.keys(PUBLISHED)) {
    const field = at(name), fault = at(`${name}-fault`);
    const plain = field.value.replace(/\s/g, "").toLowerCase();
    const [pattern, words] = FORMS[name] ?? DIGEST;
    const good = plain === "" || isText(plain, pattern);
    fault.textContent = good ? "" : `应是${words}，请核对抄写。`;
    field.setAttribute("aria-invalid", String(!good));
    if (!good) wrong += 1;
    if (plain) values[name] = plain;
  }
  return wrong ? null : values;
}

function showSteps(current, passed, failed = "") {
  const list = at("steps");
  list.replaceChildren();
  for (const [word, words] of Object.entries(WORDS)) {
    const state = word === failed ? "failed" : passed.includes(word) ? "passed" : word === current ? "running" : "open";
    const mark = { failed: "不符", passed: "相符", running: "核对中", open: "未核对" }[state];
    const item = element("li", "", state);
    item.append(element("span", mark, "mark"), element("span", words), element("code", word));
    list.append(item);
  }
}

function showValues(report) {
  const list = at("values");
  list.replaceChildren();
  const names = { ...PUBLISHED, seed: "种子" };
  for (const [name, words] of Object.entries(names)) {
    if (!report.values[name]) continue;
    const said = report.given.includes(name) ? (report.verified ? "与您填写的公布值一致" : "") : "没有填写公布值，未比对";
    const pair = element("div", "");
    const shown = report.values[name].replace(/(.{4})/g, "$1 ").trim();
    pair.append(element("dt", words), element("dd", shown, "digest"), element("dd", name === "seed" ? "" : said, "said"));
    list.append(pair);
  }
}

function showVerdict(report, seconds) {
  const verdict = at("verdict");
  verdict.className = report.verified ? "good" : "bad";
  verdict.replaceChildren(element("h2", report.verified ? "核验通过" : `核验未通过（${report.word}）`));
  if (report.verified) {
    const v = report.values;
    verdict.append(element("p", `${v.title}（主管部门 ${v.bureau}，编号 ${v.draw}）：名单 ${v.entities} 家，抽中 ${v.drawn} 家，备选 ${v.reserve} 家，检查组 ${v.teams} 个。全部重新推算，逐字节一致。`));
    if (report.missing.length) {
      verdict.append(element("p", `没有填写：${report.missing.map((name) => PUBLISHED[name]).join("、")}。仅凭文件只能证明其内部一致，不能证明它就是公布的那一次；请从公示、见证人的纸条或当天的照片抄来再核对。`, "caution"));
    }
  } else {
    verdict.append(element("p", report.sentence));
  }
  verdict.append(element("p", `用时 ${seconds.toFixed(1)} 秒，在您自己的设备上完成，没有上传任何内容。`, "quiet"));
  verdict.focus();
}

function showDrawn(report) {
  const table = at("drawn-rows");
  table.replaceChildren();
  checkedDraw = report.verified ? report.draw : null;
  at("drawn").hidden = at("look-up").hidden = !report.verified;
  at("company-answer").replaceChildren();
  for (const one of report.derived?.drawn ?? []) {
    const row = document.createElement("tr");
    for (const text of [one.id, one.district, one.grade, one.rank, one.team]) row.append(element("td", String(text)));
    table.append(row);
  }
}

let checkedDraw = null;

/** Say of one company what the derived draw says of it. */
function showCompany() {
  const out = at("company-answer"), id = at("company").value.replace(/\s/g, "").toUpperCase();
  out.replaceChildren();
  if (!id) {
    at("company").focus();
    return;
  }
  const found = lookUp(checkedDraw, id);
  out.append(element("p", found ? `${id}：${found.sentence}` : `名单中没有 ${id}，请核对代码。`, "lead"));
  const list = document.createElement("dl");
  for (const [name, text] of found?.facts ?? []) {
    const pair = element("div", "");
    pair.append(element("dt", name), element("dd", text, name.includes("票号") ? "digest" : ""));
    list.append(pair);
  }
  out.append(list);
}

/** Check a file; the outcome stays on the page, and is returned for whoever drives the page. */
export async function check(file) {
  const published = publishedValues();
  if (!published) {
    document.querySelector("[aria-invalid=true]").focus();
    return null;
  }
  at("outcome").hidden = false;
  at("verdict").className = "";
  at("verdict").replaceChildren(element("h2", `正在核对 ${file.name} …`));
  at("drawn").hidden = at("look-up").hidden = true;
  at("values").replaceChildren();
  const started = performance.now(), passed = [];
  let report;
  try {
    const files = readZip(new Uint8Array(await file.arrayBuffer()));
    report = await verify(files, published, async (word) => {
      if (passed.at(-1) !== word) passed.push(word);
      showSteps(word, passed.slice(0, -1));
      await breathe();
    });
  } catch (error) {
    // What the zip itself refuses, and a file larger than the browser can hold.
    const said = error instanceof Refused ? error : new Refused("files", "文件读不出来，或大于浏览器能处理的范围。");
    report = { verified: false, word: said.word, sentence: said.sentence, checked: [], values: {}, given: [], missing: [] };
  }
  showSteps("", report.checked, report.word);
  showValues(report);
  showDrawn(report);
  showVerdict(report, (performance.now() - started) / 1000);
  return { verified: report.verified, word: report.word, values: report.values };
}

function begin() {
  const zone = at("zone"), input = at("bundle");
  showSteps("", []);
  at("needs-script").hidden = true;
  at("form").hidden = false;
  at("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) check(input.files[0]);
    else input.focus();
  });
  input.addEventListener("change", () => { if (input.files.length) check(input.files[0]); });
  at("look-up").addEventListener("submit", (event) => {
    event.preventDefault();
    showCompany();
  });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) check(event.dataTransfer.files[0]);
  });
}

// Whoever drives the page (our tests, an auditor at the console) may call the same function.
globalThis.yaohaoCheck = check;
globalThis.yaohaoWord = async (bytes) => {
  try {
    return (await verify(readZip(bytes))).word;
  } catch (error) {
    if (error instanceof Refused) return error.word;
    throw error;
  }
};
begin();
