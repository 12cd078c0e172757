/**
 * What every file format does here: recognise its bytes and open them as a catalogue.
 *
 * @module
 */

import type { StateDictError } from "../errors.ts";
import type { ByteSource } from "../io/source.ts";
import type { StringEncoding } from "../pickle/machine_types.ts";
import type { PickleAnomaly } from "../pickle/machine_types.ts";
import type { PickleLimits } from "../pickle/limits.ts";
import type { Pickle } from "../pickle/read.ts";
import type { PyValue } from "../pickle/values.ts";
import type { ReducerTable } from "../pickle/reduce.ts";
import type { ZipDirectory } from "../zip/directory.ts";

/** How a file is opened. */
export interface FormatOptions {
  /** Ends the work when it fires. */
  readonly signal?: AbortSignal;
  /** Limits of the pickle machine to change. */
  readonly limits?: Partial<PickleLimits>;
  /** How Python 2 byte strings are read. */
  readonly encoding?: StringEncoding;
  /** Out-of-band buffers of protocol 5. */
  readonly buffers?: readonly Uint8Array<ArrayBuffer>[];
  /** The caller's own reducers, asked before the format's. */
  readonly reducers?: ReducerTable;
  /** Whether numpy's arrays of Python objects are read: each is a pickle. */
  readonly objects?: boolean;
  /** In how many other files this one lies, each in the next. */
  readonly nesting?: number;
  /** Whether a file that ends too early is opened for what is left of it; see `Opened.damage`. */
  readonly recover?: boolean;
  /** Opens a file beside this one, by its plain name; absent where there is no beside. */
  readonly sibling?: (name: string) => Promise<ByteSource>;
}

/** A name that a file imports, and where. */
export interface FileGlobal {
  /** As the file spells it; `?` stands for a part that only running code could tell. */
  readonly written: string;
  /** As Python 3 knows it: module and name joined by a dot. */
  readonly name: string;
  /** Its module, as Python 3 knows it. */
  readonly module: string;
  /** Its name in the module; a dot in it leads into a class. */
  readonly qualname: string;
  /** The member of an archive, or `""`. */
  readonly where: string;
  /** Offset in that member's pickle. */
  readonly offset: number;
  /** The opcode that names it. */
  readonly opcode: string;
}

/** An anomaly of a pickle, and in which. */
export interface FileAnomaly extends PickleAnomaly {
  /** The member of an archive, or `""`. */
  readonly where: string;
}

/** A file that is open: what it holds, without its weights. */
export interface Opened {
  /** The format's word, as `inspect` shows it. */
  readonly format: string;
  /** The codec around the whole file, or `none`. */
  readonly compression: string;
  /** Bytes of the file that leads the others, where a folder was opened. */
  readonly size?: number;
  /** Names of the files that lead the others, where a folder was opened. */
  readonly leads?: readonly string[];
  /** The files that it is made of beside its own, in the order of its first use of them. */
  readonly shards?: readonly OpenedShard[];
  /** Whether the root is no value of the file but the list of what is in it, as of an archive. */
  readonly listing?: boolean;
  /** The value graph. */
  readonly value: PyValue;
  /** What a node of it stands for. */
  readonly reduce: (value: PyValue) => PyValue;
  /** What a program in the file uses beside the value: the constants of TorchScript's code. */
  readonly constants?: PyValue;
  /** Every name imported, by every pickle, in order. */
  readonly globals: readonly FileGlobal[];
  /** Everything odd in the pickles. */
  readonly anomalies: readonly FileAnomaly[];
  /** Whether a strict load takes a name; the general allowlist, if it is left out. */
  readonly allows?: (module: string, name: string) => boolean;
  /** What the format's own metadata says. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What a person should know but that is no error. */
  readonly warnings: readonly string[];
  /** What is wrong with the file as a whole, where it was opened all the same to be saved. */
  readonly damage?: StateDictError;
  /** Containers that may be in one another, where the caller set a limit. */
  readonly nesting?: number | undefined;
  /** Gives back every handle. */
  close(): Promise<void>;
}

/** Another file that is a part of one. */
export interface OpenedShard {
  /** Its plain name. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /** What it holds. */
  readonly opened: Opened;
}

/** What a format may look at to recognise a file. */
export interface Probe {
  /** The file. */
  readonly source: ByteSource;
  /** Its first bytes, up to 512. */
  readonly head: Uint8Array<ArrayBuffer>;
  /** Its zip directory, read once for all formats. Rejects if it is no zip. */
  zip(): Promise<ZipDirectory>;
}

/** One format. */
export interface Format {
  /** Whether the bytes are this format's. */
  sniff(probe: Probe): boolean | Promise<boolean>;
  /** Opens them; closes the source if it fails. */
  open(probe: Probe, options: FormatOptions): Promise<Opened>;
}

/** A folder that somebody wants to open. */
export interface Folder {
  /** How errors name it. */
  readonly path: string;
  /** Names of the files in it, in order. */
  readonly names: readonly string[];
  /** Opens one of them. */
  open(name: string): Promise<ByteSource>;
}

/** A format of folders, not of single files. */
export interface FolderFormat {
  /** Opens a folder. */
  open(folder: Folder, options: FormatOptions): Promise<Opened>;
}

/** Collects what the pickles of one file say about themselves. */
export class PickleReport {
  /** Every name imported. */
  readonly globals: FileGlobal[] = [];
  /** Everything odd. */
  readonly anomalies: FileAnomaly[] = [];

  /** Adds one pickle, of the member `where`. */
  add(pickle: Pick<Pickle, "globals" | "anomalies">, where = ""): void {
    for (const { global, offset, opcode } of pickle.globals) {
      const { written, fullName: name, module, name: qualname } = global;
      this.globals.push({ written, name, module, qualname, where, offset, opcode });
    }
    for (const anomaly of pickle.anomalies) this.anomalies.push({ ...anomaly, where });
  }
}
