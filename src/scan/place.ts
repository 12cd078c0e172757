/**
 * Where in a file a scan is.
 *
 * @module
 */

/** What persistent ids may be there: PyTorch's archives have storages, its oldest files anything. */
export type PersistentIds = "none" | "storages" | "any";

/** A run of bytes that is looked at as a file of its own. */
export interface Place {
  /** Its path in the file; see `ScanFinding.where`. */
  readonly where: string;
  /** The name by which it goes, if it has one: it may promise what it holds. */
  readonly name: string;
  /** Archives and packed streams around it. */
  readonly depth: number;
  /** Pickles around it. */
  readonly nested: number;
  /** Whether no reader looks here: a hit is a trick then, but nothing runs by itself. */
  readonly hidden: boolean;
  /** Which persistent ids are ordinary here. */
  readonly persistentIds: PersistentIds;
}

/** The place of a file of this name. */
export function filePlace(name: string): Place {
  return { where: "", name, depth: 0, nested: 0, hidden: false, persistentIds: "none" };
}

/** A place inside another. */
export function inside(outer: Place, label: string, changes: Partial<Place> = {}): Place {
  const where = outer.where === "" ? label : `${outer.where}!/${label}`;
  return { ...outer, where, name: label, persistentIds: "none", ...changes };
}

/** Extensions of model files: what bears one should be one. */
const MODEL_NAME =
  /\.(pt|pth|ckpt|bin|pkl|pickle|joblib|npy|npz|safetensors|ptl|pt2|sav|distcp)(\.(gz|z|bz2|xz|lzma|lz4))?$/i;

/** Whether the name says that a model, an array or a pickle is inside. */
export function promisesModel({ name }: Place): boolean {
  return MODEL_NAME.test(name);
}
