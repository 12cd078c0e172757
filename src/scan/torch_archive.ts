/**
 * What the names of an archive's members say of it.
 *
 * @module
 */

import type { Scan } from "./context.ts";
import type { Place } from "./place.ts";

/** What an archive is, by its members' names. */
export interface ArchiveKind {
  /** Whether PyTorch wrote it, or it is made to look so. */
  readonly isTorch: boolean;
  /** What code it has, if it has any. */
  readonly code: "TorchScript" | "Python source" | undefined;
  /** Whether it is a torch.package, which has Python source. */
  readonly isPackage: boolean;
  /** Whether it has something that PyTorch could load. */
  readonly hasContent: boolean;
}

/** Looks at the names. PyTorch looks members up without regard to case. */
export function archiveKind(names: readonly string[]): ArchiveKind {
  const has = (pattern: RegExp) => names.some((name) => pattern.test(name));
  const isPackage = has(/(^|\/)\.data\/extern_modules$/i);
  const hasPickle = has(/(^|\/)(data|constants)\.pkl$/i);
  return {
    isTorch: hasPickle || isPackage || has(/^[^/]+\/(\.data\/)?(version|serialization_id)$/i),
    code: has(/(^|\/)(constants\.pkl$|code\/)/i)
      ? "TorchScript"
      : has(/\.pyc?$/i)
      ? "Python source"
      : undefined,
    isPackage,
    // torch.export writes archive_format, and its models as JSON.
    hasContent: hasPickle || isPackage || has(/(^|\/)archive_format$/i),
  };
}

/** Raw numbers, whose keys have no dot: those of data.pkl, constants.pkl and traced_inputs.pkl. */
const STORAGE = /^[^/]+\/(data|constants|traced_inputs)\/[A-Za-z0-9_-]+$/i;

/** The same in a package, where a pickle may bear any other name. */
const PACKAGE_STORAGE = /^[^/]+\/\.data\/\d+\.storage$/i;

/** Whether a member is a storage, which no reader unpickles. */
export function isStorage(kind: ArchiveKind, name: string): boolean {
  return kind.isTorch && (kind.isPackage ? PACKAGE_STORAGE : STORAGE).test(name);
}

/** Tells what the kind of an archive alone means. */
export function reportArchive({ log }: Scan, kind: ArchiveKind, { where, hidden }: Place): void {
  if (hidden) return;
  if (kind.isPackage) {
    log.add({ rule: "package-code", where, why: "It is a torch.package" });
  } else if (kind.code) {
    log.add({ rule: "archive-code", where, why: `It carries ${kind.code}` });
  }
  if (kind.isTorch && !kind.hasContent) {
    const why = "It has the records of a PyTorch archive, but no data.pkl";
    log.add({ rule: "incomplete-archive", where, why });
  }
}
