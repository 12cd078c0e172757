/**
 * Sizes, counts, times and rates as people read them.
 *
 * @module
 */

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const THOUSANDS = ["", "k", "M", "G", "T", "P"];

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BINARY);
}

/** `7,615,616`. */
export function formatCount(count: number | bigint): string {
  // Not toLocaleString: that follows the machine's language, and output must not.
  const sign = count < 0 ? "-" : "";
  let digits = String(count).slice(sign.length);
  let groups = "";
  for (; digits.length > 3; digits = digits.slice(0, -3)) groups = `,${digits.slice(-3)}${groups}`;
  return sign + digits + groups;
}

/** `7.6 M`. */
export function formatShortCount(count: number): string {
  return scaled(count, 1000, THOUSANDS).trimEnd();
}

/** `1.5 GiB/s`, from bytes and seconds. */
export function formatRate(bytes: number, seconds: number): string {
  return `${formatBytes(seconds > 0 ? bytes / seconds : 0)}/s`;
}

/** `840 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The value in the largest unit that leaves it at 1 or more, with one decimal unless that unit is 1. */
function scaled(value: number, base: number, units: readonly string[]): string {
  let unit = 0;
  // 999.95 would be shown as 1000.0: it belongs to the next unit.
  while (unit < units.length - 1 && value >= (unit === 0 ? base : base - 0.05)) {
    value /= base;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
