// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of the scenario, in both directions.
import crypto from "node:crypto";

/** Bytes that a step gives. */
export function bytesOf(value) {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if ("base64" in value) return new Uint8Array(Buffer.from(value.base64, "base64"));
  const part = Buffer.from(bytesOf(value.repeat));
  return new Uint8Array(Buffer.concat(Array(value.times).fill(part)));
}

/** Bytes as a result. */
export function toBytes(bytes) {
  const buffer = Buffer.from(bytes);
  if (buffer.length > 4096) {
    return { length: buffer.length, sha256: crypto.createHash("sha256").update(buffer).digest("hex") };
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer);
    if (!text.includes("\0")) return text;
  } catch {
    // no UTF-8
  }
  return { base64: buffer.toString("base64") };
}

export const modeOf = (text) => (text === undefined ? undefined : parseInt(text, 8));
export const toMode = (mode) => (mode & 0o7777).toString(8).padStart(4, "0");
export const nanoseconds = (milliseconds) => BigInt(milliseconds) * 1_000_000n;
export const byBytes = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other));
export const sortedBy = (items, key) => items.sort((one, other) => byBytes(one[key], other[key]));

export function kindOf(info) {
  if (info.kind) return info.kind.replace("-", "_");
  const names = {
    isFile: "file", isDirectory: "directory", isSymlink: "symlink", isFifo: "fifo", isSocket: "socket",
    isCharDevice: "char_device", isBlockDevice: "block_device",
  };
  return names[Object.keys(names).find((name) => info[name])];
}

export function statOf(info, { times }) {
  const result = { kind: kindOf(info), mode: toMode(info.mode), uid: info.uid, gid: info.gid };
  if (!info.isDirectory) Object.assign(result, { size: info.size, nlink: info.nlink });
  if (times) {
    result.mtime_ms = Number(info.mtimeNs / 1_000_000n);
    result.atime_ms = Number(info.atimeNs / 1_000_000n);
  }
  return result;
}

/** JSON with sorted keys: what lists are sorted by. */
export function canonical(value) {
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => byBytes(a, b))));
}
