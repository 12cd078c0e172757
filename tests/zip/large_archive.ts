/**
 * The ends of a file of 4 GiB and a bit, as torch 2.13 wrote it:
 * `torch.save({"a": torch.zeros(2**32 + 5, dtype=torch.uint8), "b": torch.arange(7.),
 * "c": torch.zeros(0), "d": torch.arange(3)}, "big.pt")`. Between them are the zeros.
 *
 * @module
 */

import { inflateRawSync } from "node:zlib";

const unpacked = (text: string) => new Uint8Array(inflateRawSync(Buffer.from(text, "base64")));

/** What stands before the zeros. */
export const HEAD: Uint8Array = unpacked(
  "pZPLbtNAFIYncROnbnqhpaGlUHqBNmWRJgHRBaoiDPLGlZqaTZSN5dhDbHVi59gnqboAISEv0hfqmvdgx4pVX4EZ" +
    "O42ESisVjjS+6f//83mO3dSlKUIKBXKjiqREOl5337HQqvRPmaYukvaN+pr9DKTcynCDBRkbg9B2K+YAPRYpZkg7" +
    "A485JlI/CkJzWFcgWy63ZC6OuNLqUpBSi6KeI/2YPlNgKsmrQq4l8bPdH0D+IpfjlxkE+UQn45sYCjo/TI9sO2CM" +
    "2ugFfqQchw4NqfPBs1EBZc+AGYSiAbNJZgfmXI7gXrfVWGDhpO98oqnBgpvXZYQHvJUux7AouiyNXBH2EGHZgFIi" +
    "tOFRGuamxjqscCNBWBVGEsNjYVxLjU8QnhqwnggdePYHxVHgdycQG4nkFWzyLAlhS2RJMWyLrOdp1guEHQN2B5Wm" +
    "LhfWht+3v3CLWM1bp7lE3iXTrHwKwp6F5pCGEd8uTT38y1DvUTWBcHn145uAFut2hBJ5myKMZ29azOv6Peqjph78" +
    "K8Wb1wKgcQa/srxF9k6AWfI+Aejwby0QX4mmNv7v7dtt5iEyKhjiw5+red4lfyeDQtTJX7VfzZAFkhtv3HVp6st7" +
    "QP0G",
);

/** How many zeros there are. */
export const ZEROS: number = 2 ** 32 + 5;

/** What stands behind them. */
export const TAIL: Uint8Array = unpacked(
  "C/Bm51i88NBGVgYGBkYghtEB3swsDAwcHAwYgIvBmiEpM10/JbEkUd+QkYGD4S4zRI+bkzZDFPEAYlyDPZBwACIg" +
    "bgDiBUB8wCEA6Ky3ER1WMlBLYTTEWQxYnaWCcJYRyFklLDBniWB1Fj4vSiDMMgaZdQBuFgcDqvsh4iDABHcjO8eZ" +
    "mB5/CShfAsXt2OzjZlAH21eWWlScmZ8HstCAFWahOK4wNeYC2XRxXnooE4YLcNkkxaAHtkkP7LXi1KLMxJzMqsQS" +
    "oK3xmSkgi2fBLZYjEJmGBubmFmZG5kaW5paWFqYmhmZGpgYGliYWphamRuaWRgYWZpZmRpamIFf+fNDwVwPqBg24" +
    "KxnBDoa5U7rsoHId0GoQ5sFwOSw+9Aqyc9B1bn9/p5kRGhPCKLrOMUJ06qXlF+UmlsRDQxjdAPvywpdM0AAUQzEg" +
    "kAlqQHFJflFiemo8MLzS83JT80rQzWi1fSzJBqRBmBfFjEtQM5IqS1Lzi1JSi9C1gjLgfyjgYhBB0hrGjPC5vgEj" +
    "gwADZkZFNQuWa2TA6Rg5HEGmY8+4MDOw5yucZqDkMnR3wHKABH4zUHIXuhmwtM0EziPYzMCSY9ANgSU9DXDyx2YI" +
    "4cwQ4M3GpgPVJcesixQ4qPRqaA50YIPrYwfxX3NA+BAxVjaIHi6wepArGBgA",
);

/** Python's zipfile of it: name, offset of the header, size, CRC. */
export const MEMBERS: readonly (readonly [string, number, number, number])[] = [
  ["big/data.pkl", 0, 382, 0x23c1761b],
  ["big/.format_version", 462, 1, 0x83dcefb7],
  ["big/.storage_alignment", 593, 2, 0xe971773f],
  ["big/byteorder", 722, 6, 0x19e33d85],
  ["big/data/0", 854, 4294967301, 0xb1c2a1a3],
  ["big/data/1", 4294968285, 28, 0x3a8858ed],
  ["big/data/2", 4294968436, 0, 0x0],
  ["big/data/3", 4294968512, 24, 0x4f8c5ccc],
  ["big/version", 4294968624, 2, 0x55679ed1],
  ["big/.data/serialization_id", 4294968730, 40, 0xfd80e0f9],
];
