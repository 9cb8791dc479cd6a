// Bytes, text and SHA-256 (protocol §1). SHA-256 is our own, because pages opened from a disk or over plain HTTP
// have no WebCrypto, and a check must not depend on where the page came from.

const ROUNDS = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const SCHEDULE = new Uint32Array(64);

/** One block of 64 bytes from `data` at `at` into the state of eight words (FIPS 180-4, 6.2.2). */
function compress(state, data, at) {
  const w = SCHEDULE;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** SHA-256 of the pieces one after another, as 32 bytes. */
export function sha256(...pieces) {
  const state = new Int32Array(START);
  const block = new Uint8Array(128);
  let filled = 0, length = 0;
  for (const piece of pieces) {
    length += piece.length;
    let at = 0;
    if (filled) {
      at = Math.min(64 - filled, piece.length);
      block.set(piece.subarray(0, at), filled);
      filled += at;
      if (filled < 64) continue;
      compress(state, block, 0);
      filled = 0;
    }
    for (; at + 64 <= piece.length; at += 64) compress(state, piece, at);
    block.set(piece.subarray(at), 0);
    filled = piece.length - at;
  }
  const end = filled < 56 ? 64 : 128;
  block.fill(0, filled, end);
  block[filled] = 0x80;
  const view = new DataView(block.buffer);
  view.setUint32(end - 8, Math.floor(length / 0x20000000));
  view.setUint32(end - 4, (length << 3) >>> 0);
  compress(state, block, 0);
  if (end === 128) compress(state, block, 64);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  for (let i = 0; i < 8; i++) out.setInt32(4 * i, state[i]);
  return digest;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Bytes as lower-case hexadecimal characters. */
export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** H of §1. */
export function sha256Hex(...pieces) {
  return hex(sha256(...pieces));
}

const ENCODER = new TextEncoder();

/** Text as UTF-8. */
export function utf8(text) {
  return ENCODER.encode(text);
}

/** The text of UTF-8 bytes; null when they are anything else. A byte order mark is kept, as any sign is. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether two byte strings are the same. */
export function sameBytes(left, right) {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

/** MTH of RFC 9162 §2.1.1 over byte strings, as hexadecimal characters. */
export function merkleRoot(leaves) {
  if (!leaves.length) return sha256Hex(new Uint8Array(0));
  const leafMark = new Uint8Array([0]), nodeMark = new Uint8Array([1]);
  let level = leaves.map((leaf) => sha256(leafMark, leaf));
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(sha256(nodeMark, level[i], level[i + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return hex(level[0]);
}

/** The inclusion path (RFC 9162 §2.1.3) of a leaf: the digests beside the way up, and on which side each stands. */
export function merklePath(leaves, index) {
  const leafMark = new Uint8Array([0]), nodeMark = new Uint8Array([1]), path = [];
  let level = leaves.map((leaf) => sha256(leafMark, leaf)), at = index;
  while (level.length > 1) {
    const beside = at % 2 ? at - 1 : at + 1;
    if (beside < level.length) path.push({ left: at % 2 === 1, digest: level[beside] });
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(sha256(nodeMark, level[i], level[i + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
    at = Math.floor(at / 2);
  }
  return path;
}

/** The root to which a leaf leads along its path, as hexadecimal characters. */
export function rootAlong(leaf, path) {
  const nodeMark = new Uint8Array([1]);
  let digest = sha256(new Uint8Array([0]), leaf);
  for (const step of path) {
    digest = step.left ? sha256(nodeMark, step.digest, digest) : sha256(nodeMark, digest, step.digest);
  }
  return hex(digest);
}
