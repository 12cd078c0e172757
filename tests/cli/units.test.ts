import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatShortCount,
} from "../../src/cli/units.ts";

test("formatBytes() counts in 1024ths", () => {
  const sizes: [number, string][] = [
    [0, "0 B"],
    [1, "1 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1572864, "1.5 MiB"],
    [1048575, "1.0 MiB"],
    [1073741823, "1.0 GiB"],
    [2147483648, "2.0 GiB"],
    [2 ** 50, "1.0 PiB"],
    [2 ** 53, "8.0 PiB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(formatBytes(bytes), text);
});

test("formatCount() groups digits by three", () => {
  assert.equal(formatCount(0), "0");
  assert.equal(formatCount(999), "999");
  assert.equal(formatCount(1000), "1,000");
  assert.equal(formatCount(7615616), "7,615,616");
  assert.equal(formatCount(-1234567), "-1,234,567");
  assert.equal(formatCount(4611686018427387904n), "4,611,686,018,427,387,904");
});

test("formatShortCount() counts in thousands", () => {
  assert.equal(formatShortCount(7), "7");
  assert.equal(formatShortCount(999), "999");
  assert.equal(formatShortCount(1000), "1.0 k");
  assert.equal(formatShortCount(999_960), "1.0 M");
  assert.equal(formatShortCount(7615616), "7.6 M");
  assert.equal(formatShortCount(405e9), "405.0 G");
});

test("formatDuration() picks units a person would", () => {
  const durations: [number, string][] = [
    [0, "0 ms"],
    [0.0421, "42 ms"],
    [0.9999, "1.0 s"],
    [1.23, "1.2 s"],
    [59.99, "1 min 0 s"],
    [200, "3 min 20 s"],
    [3599.7, "1 h 0 min"],
    [7500, "2 h 5 min"],
  ];
  for (const [seconds, text] of durations) assert.equal(formatDuration(seconds), text);
});

test("formatRate() survives no time at all", () => {
  assert.equal(formatRate(3 * 2 ** 30, 2), "1.5 GiB/s");
  assert.equal(formatRate(100, 0), "0 B/s");
});
