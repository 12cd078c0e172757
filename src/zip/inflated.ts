/**
 * A deflated member as a source that is unpacked while it is read.
 *
 * @module
 */

import { forwardSource } from "../io/forward.ts";
import type { ByteSource } from "../io/source.ts";
import type { ZipDirectory } from "./directory.ts";
import type { ZipEntry } from "./entries.ts";
import { readMember } from "./member.ts";
import type { MemberOptions } from "./member.ts";
import { memberChunks } from "./member_chunks.ts";

/**
 * Makes the source; nothing is read yet. Its CRC is compared by the read that reaches its end.
 *
 * @throws `limit`, when it is read, if it unpacks to more than `options.limit`.
 */
export function inflatedSource(
  directory: ZipDirectory,
  entry: ZipEntry,
  options: MemberOptions = {},
): ByteSource {
  return forwardSource({
    size: entry.size,
    name: directory.source.name,
    pieces: () => memberChunks(directory, entry, options),
    whole: () => readMember(directory, entry, options),
  });
}
