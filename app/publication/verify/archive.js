// The bundle as a zip (protocol §8), read strictly: stored entries one after the other, and not a byte besides.
import { sameBytes, textOf, utf8 } from "./bytes.js";
import { Refused, demand } from "./canonical.js";
import { CHECKED_FILES } from "./frame.js";

export const LARGEST = 2 ** 30;
const NAMES = new Set([...CHECKED_FILES, "verify.py", "说明.txt"]);
const CRC = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

function bad(what) {
  return new Refused("files", `压缩包：${what}。`);
}

function endOf(view, length) {
  const at = length - 22;
  if (length < 22 || view.getUint32(at, true) !== 0x06054b50) {
    throw bad("结尾不是目录记录：不是 zip 文件，或末尾有多余数据");
  }
  const [disk, startDisk, here, count] = [4, 6, 8, 10].map((place) => view.getUint16(at + place, true));
  const size = view.getUint32(at + 12, true), offset = view.getUint32(at + 16, true);
  const comment = view.getUint16(at + 20, true);
  if (here === 0xffff || count === 0xffff || size === 0xffffffff || offset === 0xffffffff) throw bad("使用了 zip64");
  if (disk || startDisk || here !== count || comment || offset + size !== at) throw bad("目录的位置或数目不符");
  return { count, offset, end: at };
}

function centralRecord(bytes, view, at, end) {
  if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) throw bad("目录损坏");
  const short = (place) => view.getUint16(at + place, true), long = (place) => view.getUint32(at + place, true);
  const entry = {
    // From the version to the sizes: what the local header must repeat byte for byte.
    repeated: bytes.subarray(at + 6, at + 28),
    flags: short(8), method: short(10), time: short(12), date: short(14),
    crc: long(16), stored: long(20), size: long(24), start: long(42),
  };
  const following = at + 46 + short(28);
  if ([entry.size, entry.stored, entry.start].includes(0xffffffff)) throw bad("使用了 zip64");
  if (short(30) || short(32) || short(34) || following > end) throw bad("目录中有多余内容");
  entry.name = textOf(bytes.subarray(at + 46, following));
  if (entry.name === null) throw bad("文件名不是 UTF-8");
  return { entry, following };
}

function checkEntry(entry, files) {
  const { name, flags } = entry;
  if (files.has(name)) throw bad(`${name} 重复`);
  if (name.includes("/") || name.includes("\\")) throw bad("有文件夹或路径");
  if (!NAMES.has(name)) throw bad("有不该有的文件");
  if (flags & 0x41) throw bad(`${name} 已加密`);
  if (entry.method) throw bad(`${name} 经过压缩；应为不压缩存储`);
  const ascii = /^[\x00-\x7f]*$/.test(name);
  if (flags & ~0x800 || (!ascii && !flags)) throw bad(`${name} 的标志不符`);
  if (entry.date !== 0x21 || entry.time) throw bad(`${name} 的时间不是 1980-01-01`);
  if (entry.stored !== entry.size) throw bad(`${name} 的大小前后不一`);
}

function localContent(bytes, view, entry, limit) {
  const name = utf8(entry.name), { start } = entry;
  const begin = start + 30 + name.length, end = begin + entry.size;
  const same = end <= limit && view.getUint32(start, true) === 0x04034b50 &&
    sameBytes(bytes.subarray(start + 4, start + 26), entry.repeated) &&
    view.getUint16(start + 26, true) === name.length && view.getUint16(start + 28, true) === 0 &&
    sameBytes(bytes.subarray(start + 30, begin), name);
  if (!same) throw bad(`${entry.name} 的两处记录不一致，或超出文件`);
  const content = bytes.subarray(begin, end);
  if (crc32(content) !== entry.crc) throw bad(`${entry.name} 的校验和不符`);
  return { content, end };
}

/** The files of a bundle, name → bytes. */
export function readZip(bytes) {
  demand(bytes.length <= LARGEST, "files", "文件大于 1 GiB。");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, offset, end } = endOf(view, bytes.length);
  const files = new Map();
  let at = offset, expected = 0;
  for (let place = 0; place < count; place++) {
    const { entry, following } = centralRecord(bytes, view, at, end);
    checkEntry(entry, files);
    if (entry.start !== expected) throw bad(`${entry.name} 与其他条目重叠，或前面有多余数据`);
    const local = localContent(bytes, view, entry, offset);
    files.set(entry.name, local.content);
    expected = local.end;
    at = following;
  }
  if (at !== end || expected !== offset) throw bad("条目与目录之间有多余数据");
  for (const name of [...NAMES].sort()) if (!files.has(name)) throw bad(`缺少 ${name}`);
  return files;
}
