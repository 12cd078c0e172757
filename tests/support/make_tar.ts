/**
 * Tar archives made by hand, by the words of POSIX.1-2017.
 *
 * @module
 */

/** A member; what isn't given is that of an ordinary file. */
export interface MadeTarMember {
  name: string;
  data?: Uint8Array;
  type?: string;
  prefix?: string;
  /** Leave ustar's mark out, as before 1988. */
  old?: boolean;
}

const BLOCK = 512;

/** One header and its data, padded. */
function member({ name, data = new Uint8Array(0), type = "0", prefix = "", old }: MadeTarMember) {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0);
  header.write(data.length.toString(8).padStart(11, "0"), 124);
  header.write("        ", 148);
  header.write(old ? "\0" : type, 156);
  if (!old) header.write("ustar\x0000", 257);
  header.write(prefix, 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, data, Buffer.alloc(-data.length & (BLOCK - 1))]);
}

/** The archive, with the two empty blocks at its end. */
export function makeTar(members: readonly MadeTarMember[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([...members.map(member), Buffer.alloc(2 * BLOCK)]));
}
