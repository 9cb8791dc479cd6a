// Canonical JSON (RFC 8785, protocol §1), and the refusal by which every check fails.
import { sameBytes, textOf, utf8 } from "./bytes.js";

const DEEPEST = 101;

/** A bundle fails the check named by `word`; `sentence` says what is wrong. */
export class Refused extends Error {
  constructor(word, sentence) {
    super(sentence);
    this.word = word;
    this.sentence = sentence;
  }
}

/** Refuses unless the condition holds. */
export function demand(condition, word, sentence) {
  if (!condition) throw new Refused(word, sentence);
}

/** Whether a value is an object with exactly these keys. */
export function hasKeys(value, names) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const wanted = names.split(" ");
  return Object.keys(value).length === wanted.length && wanted.every((name) => Object.hasOwn(value, name));
}

/** Whether a value is a whole number between two bounds; a boolean is none. */
export function isInteger(value, low, high = Number.MAX_SAFE_INTEGER) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= low && value <= high;
}

/** Whether a value is a string that the whole pattern matches. */
export function isText(value, pattern) {
  return typeof value === "string" && new RegExp(`^(?:${pattern})$`, "u").test(value);
}

function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value === "object") {
    const pairs = Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${written(value[key])}`);
    return `{${pairs.join(",")}}`;
  }
  return JSON.stringify(value);
}

/** JCS of §1, as bytes. */
export function jcs(value) {
  return utf8(written(value));
}

const LONE_SURROGATE = /[\ud800-\udfff]/u;
const ASCII = /^[\x00-\x7f]*$/;

/** Whether a parsed value holds only what §1 allows: no floats, no null, ASCII keys, not too deep. */
function allowed(value, depth) {
  if (depth > DEEPEST || value === null) return false;
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0;
  if (typeof value === "string") return !LONE_SURROGATE.test(value);
  if (typeof value === "boolean") return true;
  if (Array.isArray(value)) return value.every((item) => allowed(item, depth + 1));
  return Object.keys(value).every((key) => ASCII.test(key) && allowed(value[key], depth + 1));
}

/** The value of a canonical JSON file; refused with `word` when the form is any other. */
export function parseJcs(bytes, name, word) {
  let value, canonical = false;
  const text = textOf(bytes);
  try {
    value = text === null ? null : JSON.parse(text);
    canonical = allowed(value, 1) && sameBytes(jcs(value), bytes);
  } catch {
    // Not JSON, or nested deeper than any browser reads.
  }
  demand(canonical, word, `${name} 不是规范 JSON（RFC 8785）。`);
  return value;
}
