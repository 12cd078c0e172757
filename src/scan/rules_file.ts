/**
 * The rules of a scan that are about files: archives, packed streams, formats.
 *
 * @module
 */

/** Zip archives first, then other archives, then what can't be read. */
export const FILE_RULES = [
  {
    id: "zip-names",
    verdict: "suspicious",
    title: "Members that some readers take for one, or that overlap",
    why: "Which of them a reader gets differs from reader to reader.",
  },
  {
    id: "zip-directory",
    verdict: "suspicious",
    title: "End records and directory that contradict each other",
    why: "Readers that find the directory in other ways see other members.",
  },
  {
    id: "zip-local-header",
    verdict: "suspicious",
    title: "A local header that contradicts the directory",
    why: "Readers that trust the one see another member than those that trust the other.",
  },
  {
    id: "zip-crc",
    verdict: "suspicious",
    title: "A member that doesn't match its CRC-32",
    why: "It is damaged, or was changed by a program that left the directory as it was.",
  },
  {
    id: "zip-method",
    verdict: "suspicious",
    title: "A member that is encrypted or packed in an unusual way",
    why: "Scanners that can't unpack it can't see what loaders do.",
  },
  {
    id: "zip-stray-bytes",
    verdict: "suspicious",
    title: "Bytes that belong to no member",
    why: "What stands there is for a reader that looks elsewhere than in the directory.",
  },
  {
    id: "zip-size",
    verdict: "suspicious",
    title: "A member of another size than stated",
    why: "Readers that stop at the stated size see another member than those that go on.",
  },
  {
    id: "unsafe-path",
    verdict: "suspicious",
    title: "A path that leads out of its folder, a link or a device",
    why: "Whoever unpacks or follows it reads or writes somewhere else.",
  },
  {
    id: "archive-code",
    verdict: "unknown",
    title: "An archive that carries code",
    why: "It runs when the model is used, whatever the pickles beside it name.",
  },
  {
    id: "package-code",
    verdict: "suspicious",
    title: "A torch.package archive, which carries Python source",
    why: "Python runs it when the package is loaded.",
  },
  {
    id: "incomplete-archive",
    verdict: "corrupt",
    title: "A PyTorch archive without its data.pkl",
    why: "There is nothing that a reader could load.",
  },
  {
    id: "packed-twice",
    verdict: "suspicious",
    title: "A compressed stream inside a compressed stream",
    why: "No library writes that; it hides a file from those that unpack once.",
  },
  {
    id: "unread-part",
    verdict: "unknown",
    title: "A part that wasn't read",
    why: "What nobody has looked at is not called safe.",
  },
  {
    id: "limit",
    verdict: "suspicious",
    title: "A limit that was met",
    why: "Small files that take much time or memory are made to; what follows wasn't read.",
  },
  {
    id: "refused",
    verdict: "suspicious",
    title: "A file about which readers disagree",
    why: "What one program shows is not what another one loads.",
  },
  {
    id: "broken-file",
    verdict: "corrupt",
    title: "A file that breaks the rules of its format",
    why: "It is damaged or was made by hand.",
  },
  {
    id: "unrecognized",
    verdict: "corrupt",
    title: "No model file",
    why: "Nothing in it could be read.",
  },
  {
    id: "foreign-file",
    verdict: "unknown",
    title: "A file of a kind that isn't read",
    why: "What nobody has looked at is not called safe.",
  },
] as const;
