/**
 * How Python 3 renames what a pickle of protocol 0 to 2 names, in both directions: the facts of
 * CPython 3.11's `_compat_pickle`, without its Windows-only line.
 *
 * Each table is text, `old=new` by `old=new`, and is taken apart at first use only.
 *
 * @module
 */

/** A module and a qualified name in it. */
export type NamePair = readonly [module: string, name: string];

/** Modules with one name in Python 2 and one in 3. */
const MODULES = `
  __builtin__=builtins copy_reg=copyreg Queue=queue SocketServer=socketserver
  ConfigParser=configparser repr=reprlib tkFileDialog=tkinter.filedialog
  tkSimpleDialog=tkinter.simpledialog tkColorChooser=tkinter.colorchooser
  tkCommonDialog=tkinter.commondialog Dialog=tkinter.dialog Tkdnd=tkinter.dnd
  tkFont=tkinter.font tkMessageBox=tkinter.messagebox ScrolledText=tkinter.scrolledtext
  Tkconstants=tkinter.constants Tix=tkinter.tix ttk=tkinter.ttk Tkinter=tkinter
  markupbase=_markupbase _winreg=winreg thread=_thread dummy_thread=_dummy_thread dbhash=dbm.bsd
  dumbdbm=dbm.dumb dbm=dbm.ndbm gdbm=dbm.gnu xmlrpclib=xmlrpc.client SimpleXMLRPCServer=xmlrpc.server
  httplib=http.client htmlentitydefs=html.entities HTMLParser=html.parser Cookie=http.cookies
  cookielib=http.cookiejar BaseHTTPServer=http.server test.test_support=test.support
  commands=subprocess urlparse=urllib.parse robotparser=urllib.robotparser urllib2=urllib.request
  anydbm=dbm _abcoll=collections.abc`;

/** Modules that Python 2 had and that a reader maps; a writer never goes back to them. */
const MODULES_TO_3 = `
  cPickle=pickle _elementtree=xml.etree.ElementTree FileDialog=tkinter.filedialog
  SimpleDialog=tkinter.simpledialog DocXMLRPCServer=xmlrpc.server SimpleHTTPServer=http.server
  CGIHTTPServer=http.server UserDict=collections UserList=collections UserString=collections
  whichdb=dbm StringIO=io cStringIO=io`;

/** Modules that only Python 3 has. */
const MODULES_TO_2 = "bz2=_bz2 dbm=_dbm functools=_functools gdbm=_gdbm pickle=_pickle";

/** Names that moved, by `old module>new module`; `old=new` where the name itself changed. */
type Moves = Readonly<Record<string, string>>;

const NAMES: Moves = {
  "__builtin__>builtins": "xrange=range unichr=chr unicode=str long=int",
  "__builtin__>functools": "reduce",
  "__builtin__>sys": "intern",
  "itertools>builtins": "izip=zip imap=map ifilter=filter",
  "itertools>itertools": "ifilterfalse=filterfalse izip_longest=zip_longest",
  "UserDict>collections": "IterableUserDict=UserDict",
  "UserList>collections": "UserList",
  "UserString>collections": "UserString",
  "whichdb>dbm": "whichdb",
  "_socket>socket": "fromfd",
  "_multiprocessing>multiprocessing.connection": "Connection",
  "multiprocessing.process>multiprocessing.context": "Process",
  "multiprocessing.forking>multiprocessing.popen_fork": "Popen",
  "urllib>urllib.error": "ContentTooShortError",
  "urllib>urllib.request": "getproxies pathname2url url2pathname urlcleanup urlopen urlretrieve",
  "urllib>urllib.parse": "quote quote_plus unquote unquote_plus urlencode",
  "urllib2>urllib.error": "HTTPError URLError",
  "multiprocessing>multiprocessing.context":
    "AuthenticationError BufferTooShort ProcessError TimeoutError",
  "exceptions>builtins": `
    ArithmeticError AssertionError AttributeError BaseException BufferError BytesWarning
    DeprecationWarning EOFError EnvironmentError Exception FloatingPointError FutureWarning
    GeneratorExit IOError ImportError ImportWarning IndentationError IndexError KeyError
    KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError OverflowError
    PendingDeprecationWarning ReferenceError RuntimeError RuntimeWarning StopIteration SyntaxError
    SyntaxWarning SystemError SystemExit TabError TypeError UnboundLocalError UnicodeDecodeError
    UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError
    Warning ZeroDivisionError`,
};

const NAMES_TO_3: Moves = {
  "__builtin__>builtins": "basestring=str",
  "exceptions>builtins": "StandardError=Exception",
  "UserDict>collections": "UserDict",
  "socket>socket": "_socketobject=SocketType",
};

const NAMES_TO_2: Moves = {
  "__builtin__>_functools": "reduce",
  "FileDialog>tkinter.filedialog": "FileDialog LoadFileDialog SaveFileDialog",
  "SimpleDialog>tkinter.simpledialog": "SimpleDialog",
  "DocXMLRPCServer>xmlrpc.server":
    "ServerHTMLDoc XMLRPCDocGenerator DocXMLRPCRequestHandler DocXMLRPCServer " +
    "DocCGIXMLRPCRequestHandler",
  "SimpleHTTPServer>http.server": "SimpleHTTPRequestHandler",
  "CGIHTTPServer>http.server": "CGIHTTPRequestHandler",
  "socket>_socket": "_socketobject=socket",
  "exceptions>builtins": `
    OSError=BrokenPipeError OSError=ChildProcessError OSError=ConnectionAbortedError
    OSError=ConnectionError OSError=ConnectionRefusedError OSError=ConnectionResetError
    OSError=FileExistsError OSError=FileNotFoundError OSError=InterruptedError
    OSError=IsADirectoryError OSError=NotADirectoryError OSError=PermissionError
    OSError=ProcessLookupError OSError=TimeoutError ImportError=ModuleNotFoundError`,
};

/** One direction: what modules became, and names that went their own way. */
interface Renaming {
  readonly modules: Map<string, string>;
  readonly names: Map<string, Map<string, NamePair>>;
}

function renaming(to3: boolean, modules: readonly string[], moves: readonly Moves[]): Renaming {
  const result: Renaming = { modules: new Map(), names: new Map() };
  for (const [from, to] of modules.flatMap((text) => pairs(text, to3))) {
    result.modules.set(from, to);
  }
  for (const [where, text] of moves.flatMap((move) => Object.entries(move))) {
    const [old, now] = where.split(">") as [string, string];
    const home = to3 ? old : now;
    const names = result.names.get(home) ?? new Map<string, NamePair>();
    result.names.set(home, names);
    for (const [from, to] of pairs(text, to3)) names.set(from, [to3 ? now : old, to]);
  }
  return result;
}

function pairs(text: string, to3: boolean): [from: string, to: string][] {
  return text.trim().split(/\s+/).map((item) => {
    const [old, now = old] = item.split("=") as [string, string?];
    return to3 ? [old, now] : [now, old];
  });
}

function rename(table: Renaming, module: string, name: string): NamePair {
  const moved = table.names.get(module)?.get(name);
  return moved ?? [table.modules.get(module) ?? module, name];
}

let forward: Renaming | undefined;
let backward: Renaming | undefined;

let oldModules: string | undefined;

/** Whether anything of a module was renamed; most files name none, and then need no tables. */
function isOldModule(module: string): boolean {
  oldModules ??= makeOldModules();
  return oldModules.includes(` ${module}=`);
}

function makeOldModules(): string {
  const moves = [NAMES, NAMES_TO_3].flatMap((table) => Object.keys(table)).join(" ");
  return ` ${MODULES} ${MODULES_TO_3} ${moves.replaceAll(">", "=")}`;
}

/** What Python 3 looks up when a pickle of protocol 0 to 2 names `module` and `name`. */
export function toPython3(module: string, name: string): NamePair {
  if (!isOldModule(module)) return [module, name];
  forward ??= renaming(true, [MODULES, MODULES_TO_3], [NAMES, NAMES_TO_3]);
  return rename(forward, module, name);
}

/** What Python 3 writes under protocol 0 to 2 for its own `module` and `name`. */
export function toPython2(module: string, name: string): NamePair {
  backward ??= renaming(false, [MODULES, MODULES_TO_2], [NAMES, NAMES_TO_2]);
  return rename(backward, module, name);
}
