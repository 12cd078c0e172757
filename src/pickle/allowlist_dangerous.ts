/**
 * What a pickle should never name: the lists behind a scan's messages. They can't be complete; only
 * the allowlist is a rule one can rely on.
 *
 * @module
 */

import type { NameGroup } from "./allowlist.ts";

/**
 * Top modules of Python's standard library, from 2.7 to 3.14. Every name in them
 * that isn't on the allowlist counts as dangerous: bad names there are found one advisory at a time.
 */
export const STDLIB = `
  BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser Queue
  SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tix Tkinter UserDict UserList
  UserString __builtin__ __future__ _abc _aix_support _android_support _apple_support _ast
  _ast_unparse _asyncio _bisect _blake2 _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk
  _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize
  _compat_pickle _compression _contextvars _crypt _csv _ctypes _curses _curses_panel _datetime
  _dbm _decimal _dummy_thread _elementtree _frozen_importlib _frozen_importlib_external _functools
  _gdbm _hashlib _heapq _hmac _imp _interpchannels _interpqueues _interpreters _io _ios_support
  _json _locale _lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode
  _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc
  _py_warnings _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random _remote_debugging
  _scproxy _sha1 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat
  _statistics _string _strptime _struct _suggestions _symtable _sysconfig _testclinic
  _testlimitedcapi _thread _threading_local _tkinter _tokenize _tracemalloc _types _typing _uuid
  _warnings _weakref _weakrefset _winapi _winreg _xxinterpchannels _xxsubinterpreters _zoneinfo
  _zstd abc aifc annotationlib antigravity anydbm argparse array ast asynchat asyncio asyncore
  atexit audiodev audioop base64 bdb binascii binhex bisect bsddb builtins bz2 cPickle cProfile
  cStringIO calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands
  compileall compiler compression concurrent configparser contextlib contextvars cookielib copy
  copy_reg copyreg crypt csv ctypes curses dataclasses datetime dbhash dbm decimal difflib dis
  distutils dl doctest dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno
  exceptions faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions ftplib
  functools gc gdbm genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac
  hotshot html htmlentitydefs htmllib http httplib idlelib ihooks imaplib imghdr imp importlib
  imputil inspect io ipaddress itertools json keyword lib2to3 linecache linuxaudiodev locale
  logging lzma macpath mailbox mailcap marshal math md5 mimetools mimetypes mimify mmap
  modulefinder msilib msvcrt multifile multiprocessing mutex netrc new nis nntplib nt ntpath
  nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools
  pipes pkgutil platform plistlib popen2 poplib posix posixfile posixpath pprint profile pstats
  pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline repr reprlib
  resource rexec rfc822 rlcompleter robotparser runpy sched secrets select selectors sets sgmllib
  sha shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3
  sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess
  sunau sunaudio symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios
  test textwrap this thread threading time timeit tkFileDialog tkinter toaiff token tokenize
  tomllib trace traceback tracemalloc ttk tty turtle turtledemo types typing unicodedata unittest
  urllib urllib2 urlparse user uu uuid venv warnings wave weakref webbrowser whichdb winreg
  winsound wsgiref xdrlib xml xmlrpc xmlrpclib zipapp zipfile zipimport zlib zoneinfo`;

/** Modules outside the standard library that run, load or fetch things. */
export const DANGEROUS_MODULES = `
  IPython aiohttp cloudpickle dill fabric fickling httpx hydra invoke ipykernel jinja2
  joblib._parallel_backends joblib.externals joblib.memory joblib.numpy_pickle_utils
  joblib.parallel jsonpickle keras.models mlflow modelaudit modelscan nltk.data numpy.ctypeslib
  numpy.distutils numpy.f2py numpy.lib._datasource numpy.lib._npyio_impl numpy.lib.format
  numpy.lib.npyio numpy.lib.utils numpy.testing pandas.core.computation pandas.eval pandas.io
  paramiko pexpect picklescan pip pkg_resources psutil ray requests scipy.io scipy.weave
  setuptools sh sklearn.datasets sklearn.externals sklearn.utils._testing tensorflow.io
  tensorflow.python.keras torch._C torch._classes torch._dynamo torch._inductor torch._ops
  torch._utils_internal torch.classes torch.distributed.elastic torch.distributed.launch
  torch.distributed.rpc torch.distributed.run torch.export torch.fx torch.hub torch.jit
  torch.library torch.multiprocessing torch.onnx torch.ops torch.package torch.serialization
  torch.testing torch.utils._config_module torch.utils.bottleneck torch.utils.collect_env
  torch.utils.cpp_extension torch.utils.data.datapipes urllib3 virtualenv wheel yaml`;

/** Names in other modules that run, load or fetch things, or change how later pickles are read. */
export const DANGEROUS: readonly NameGroup[] = [
  ["it changes which classes later pickles make", {
    copyreg: `
      _extension_registry _inverted_registry add_extension constructor dispatch_table pickle`,
  }],
  ["it runs or loads what its argument says", {
    "PIL.ImageMath": "eval",
    __builtin__: "apply execfile file reload",
    joblib: "load",
    "joblib.numpy_pickle": "load",
    numexpr: "evaluate",
    numpy: "load",
    pandas: "eval read_pickle",
    sympy: "sympify",
    "sympy.parsing.sympy_parser": "parse_expr",
    torch: "compile load",
    "torch.serialization": "load",
  }],
  ["it calls a function that it is given", {
    numpy: "apply_along_axis apply_over_axes fromfunction frompyfunc piecewise vectorize",
  }],
  ["it reads or writes a file or an address", {
    joblib: "dump",
    "joblib.numpy_pickle": "dump",
    numpy: "DataSource fromfile genfromtxt loadtxt memmap save savez",
    pandas: "read_csv read_html read_json read_sql",
    torch: "from_file save",
    "torch.serialization": "save",
  }],
];

/** Names that serve real files and attacks alike. */
export const SUSPICIOUS: readonly NameGroup[] = [
  ["it keeps a function to be called later", {
    _operator: "itemgetter",
    functools: "partial partialmethod",
    operator: "itemgetter",
    weakref: "ref",
  }],
  ["it makes classes or attributes that act", {
    builtins: "property type",
    enum: "Enum",
  }],
  ["it reaches into the process that loads it", {
    logging: "getLogger",
    re: "_compile",
  }],
  ["it loads another pickle, by a reader that allows everything", {
    "torch.storage": "_load_from_bytes",
  }],
];

/** Parts of a dotted name by which it reaches interpreter internals or a module behind a module. */
export const DANGEROUS_PARTS = `
  __bases__ __builtins__ __call__ __class__ __closure__ __code__ __dict__ __func__ __getattr__
  __getattribute__ __globals__ __import__ __init__ __loader__ __mro__ __new__ __reduce__
  __reduce_ex__ __self__ __setattr__ __spec__ __subclasses__ __wrapped__ _os _sys`;
