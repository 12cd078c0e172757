/**
 * Which hosts belong to this machine or to a network of its own: what a stranger's file or answer
 * must not make the program talk to.
 *
 * @module
 */

/** Ranges of IPv4 addresses that are no public hosts (IANA's registry of special addresses). */
const PRIVATE_V4: readonly (readonly [address: string, bits: number])[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carriers' own
  ["127.0.0.0", 8], // this machine
  ["169.254.0.0", 16], // link-local: the clouds' metadata
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocols
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** The same for IPv6, by the first 16-bit group and a mask of it. */
const PRIVATE_V6: readonly (readonly [group: number, mask: number])[] = [
  [0xfc00, 0xfe00], // unique-local
  [0xfe80, 0xffc0], // link-local
  [0xfec0, 0xffc0], // site-local, as it was
  [0xff00, 0xff00], // multicast
];

/** Endings of names that are looked up in the local network only (RFC 6761, 6762, 8375; ICANN). */
const PRIVATE_NAMES: readonly string[] = ["localhost", "local", "internal", "home.arpa"];

/**
 * Whether a host is private, as far as its name or number tells: `hostname` as `URL` gives it, which
 * has all ways to write a number brought into one. What a name resolves to is not known here.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, "").toLowerCase();
  if (host.startsWith("[")) return isPrivateV6(groupsOf(host.slice(1, -1)));
  const number = v4Number(host);
  if (number !== undefined) return isPrivateV4(number);
  // A name without a dot is completed by the network that one is in.
  return !host.includes(".") ||
    PRIVATE_NAMES.some((ending) => host === ending || host.endsWith(`.${ending}`));
}

function v4Number(host: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return undefined;
  return host.split(".").reduce((number, byte) => number * 256 + Number(byte), 0);
}

function isPrivateV4(number: number): boolean {
  return PRIVATE_V4.some(([address, bits]) => {
    const step = 2 ** (32 - bits);
    return Math.floor(number / step) === Math.floor(v4Number(address)! / step);
  });
}

/** The eight groups of an IPv6 address, which `URL` has brought into its shortest form. */
function groupsOf(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const numbers = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const front = numbers(head);
  if (tail === undefined) return front;
  const back = numbers(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}

function isPrivateV6(groups: readonly number[]): boolean {
  const [first = 0, second = 0, third = 0] = groups;
  if (PRIVATE_V6.some(([group, mask]) => (first & mask) === group)) return true;
  // Addresses that stand for IPv4 ones: mapped, compatible (with :: and ::1 among them), NAT64, 6to4.
  const v4 = (at: number) => groups[at]! * 2 ** 16 + groups[at + 1]!;
  const zeros = groups.findIndex((group) => group !== 0);
  if (zeros < 0 || zeros >= 6) return isPrivateV4(v4(6));
  if (zeros === 5 && groups[5] === 0xffff) return isPrivateV4(v4(6));
  if (first === 0x64 && second === 0xff9b) return third !== 0 || isPrivateV4(v4(6));
  if (first === 0x2002) return isPrivateV4(v4(1));
  return false;
}
