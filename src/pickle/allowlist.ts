/**
 * The names that a pickle may hold and still be loaded without a question: they stand for data, and
 * whatever data they stand for is made by statedict's own code.
 *
 * @module
 */

/** Names that share a reason: what they are, and the names by module, parted by blanks. */
export type NameGroup = readonly [why: string, names: Readonly<Record<string, string>>];

const EXCEPTIONS = `
  ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
  BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
  ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EncodingWarning
  EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError
  FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
  InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
  ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError
  PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError
  ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError
  SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError
  UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
  UserWarning ValueError Warning ZeroDivisionError`;

const BASIC_TYPES = `
  bool bytearray bytes complex dict float frozenset int list object range set slice str tuple`;

/** The kinds that were also there for CUDA; quantized ones were not. */
const STORAGES = `
  BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage
  DoubleStorage FloatStorage HalfStorage IntStorage LongStorage ShortStorage`;

const SPARSE_TENSORS = `
  BFloat16Tensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor
  ShortTensor`;

const PATHS = "Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath";

const GROUPS: readonly NameGroup[] = [
  ["a plain type of Python", {
    builtins: `${BASIC_TYPES} Ellipsis NotImplemented`,
    __builtin__: `${BASIC_TYPES} basestring long unicode xrange`,
  }],
  ["an exception: a class with a message", { builtins: EXCEPTIONS, exceptions: EXCEPTIONS }],
  ["text to bytes; other codecs than latin-1, ASCII and UTF-8 are refused", { _codecs: "encode" }],
  ["makes an object without calling its class", {
    copyreg: "__newobj__ __newobj_ex__ _reconstructor",
    copy_reg: "__newobj__ _reconstructor",
  }],
  ["a container of the standard library", {
    collections: "ChainMap Counter OrderedDict UserDict UserList UserString defaultdict deque",
    argparse: "Namespace",
    types: "SimpleNamespace",
    array: "_array_reconstructor array",
    io: "BytesIO StringIO",
    _io: "BytesIO StringIO",
  }],
  ["a value of the standard library", {
    datetime: "date datetime time timedelta timezone",
    time: "struct_time",
    zoneinfo: "ZoneInfo",
    decimal: "Decimal",
    fractions: "Fraction",
    uuid: "SafeUUID UUID",
    ipaddress: "IPv4Address IPv4Interface IPv4Network IPv6Address IPv6Interface IPv6Network",
    random: "Random",
    pathlib: PATHS,
    "pathlib._local": PATHS,
  }],
  ["a tensor, rebuilt from its storage", {
    "torch._utils": `
      _rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy
      _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter
      _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_tensor
      _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_wrapper_subclass _rebuild_xla_tensor`,
    "torch._tensor": "_rebuild_from_type _rebuild_from_type_v2",
    "torch.tensor": "_rebuild_from_type _rebuild_from_type_v2",
    "torch.nn.parameter": "Buffer Parameter UninitializedParameter",
    "torch.nested._internal.nested_tensor": "NestedTensor _rebuild_njt",
    "torch._dynamo.decorators": "_DimRange",
  }],
  ["a kind of tensor", {
    torch: `Tensor BoolTensor ${SPARSE_TENSORS}`,
    "torch.cuda": `BoolTensor ${SPARSE_TENSORS}`,
    "torch.sparse": SPARSE_TENSORS,
    "torch.cuda.sparse": SPARSE_TENSORS,
  }],
  ["a kind of storage", {
    torch: `${STORAGES} QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage`,
    "torch.cuda": STORAGES,
    "torch.storage": "TypedStorage UntypedStorage",
  }],
  ["a dtype, layout, quantization scheme, size or device", {
    torch: `
      Size device dtype layout strided bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128
      complex32 complex64 float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz
      float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16 int2 int3 int32 int4 int5 int6 int64
      int7 int8 qint32 qint8 quint2x4 quint4x2 quint8 uint1 uint16 uint2 uint3 uint32 uint4 uint5
      uint6 uint64 uint7 uint8 per_channel_affine per_channel_affine_float_qparams
      per_channel_symmetric per_tensor_affine per_tensor_symmetric`,
    "torch.serialization": "_get_layout",
  }],
  // What weights_only takes too, once torch.distributed.tensor is imported.
  ["how a tensor lies on several machines", {
    "torch.distributed.tensor": "DTensor",
    "torch.distributed.tensor._dtensor_spec": "DTensorSpec ShardOrderEntry TensorMeta",
    "torch.distributed.tensor.placement_types": "Partial Replicate Shard _StridedShard",
    "torch.distributed.device_mesh": "DeviceMesh",
    "torch.distributed._mesh_layout": "_FlatLayout _MeshLayout",
  }],
  ["the catalogue of a distributed checkpoint", {
    "torch.distributed.checkpoint.metadata": `
      BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex StorageMeta TensorProperties
      TensorStorageMetadata _MEM_FORMAT_ENCODING`,
    "torch.distributed.checkpoint.filesystem": "_StorageInfo",
  }],
  ["an array of numpy, rebuilt from its bytes", {
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.core.multiarray": "_reconstruct scalar",
    "numpy.core.numeric": "_frombuffer",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray _mareconstruct",
    "joblib.numpy_pickle": "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper",
    "joblib.numpy_pickle_compat": "NDArrayWrapper ZNDArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle": "NDArrayWrapper NumpyArrayWrapper ZNDArrayWrapper",
    "sklearn.externals.joblib.numpy_pickle_compat": "NDArrayWrapper ZNDArrayWrapper",
  }],
  ["a dtype or array class of numpy", {
    numpy: `
      bool bool_ bytes_ clongdouble complex128 complex64 datetime64 dtype float128 float16 float32
      float64 int16 int32 int64 int8 intc longdouble longlong matrix memmap ndarray object_ recarray
      record str_ timedelta64 uint16 uint32 uint64 uint8 uintc ulonglong void`,
    "numpy.rec": "recarray",
    "numpy.matrixlib.defmatrix": "matrix",
    "numpy.dtypes": `
      BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType Complex64DType DateTime64DType
      Float16DType Float32DType Float64DType Int16DType Int32DType Int64DType Int8DType IntDType
      LongDType LongDoubleDType LongLongDType ObjectDType ShortDType StrDType StringDType
      TimeDelta64DType UByteDType UInt16DType UInt32DType UInt64DType UInt8DType UIntDType
      ULongDType ULongLongDType UShortDType VoidDType`,
    "numpy._core._internal": "_convert_to_stringdtype_kwargs",
  }],
  ["a random generator of numpy: numbers that are its state", {
    "numpy.random": "__RandomState_ctor",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64 PCG64DXSM",
    "numpy.random._philox": "Philox",
    "numpy.random._sfc64": "SFC64",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
  }],
];

/** Reasons by module and name. A name counts in the first group that has it. */
export type NameIndex = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Makes groups of names ready to be looked up. */
export function indexNames(groups: readonly NameGroup[]): NameIndex {
  const index = new Map<string, Map<string, string>>();
  for (const [why, modules] of groups) {
    for (const [module, names] of Object.entries(modules)) {
      const known = index.get(module) ?? new Map<string, string>();
      index.set(module, known);
      for (const name of words(names)) if (!known.has(name)) known.set(name, why);
    }
  }
  return index;
}

/** The words of a text that holds nothing but words and blanks. */
export function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

let allowed: NameIndex | undefined;

/**
 * Whether strict reading takes a name. Both parts are compared exactly, after Python's renaming of
 * Python 2 names; a dotted name (`Outer.Inner`) is another name than its last part.
 */
export function isAllowed(module: string, name: string): boolean {
  return whyAllowed(module, name) !== undefined;
}

/** What an allowed name stands for, or undefined if it isn't allowed. */
export function whyAllowed(module: string, name: string): string | undefined {
  return allowedIn(module)?.get(name);
}

/** The allowed names of a module with their reasons, or undefined if it has none. */
export function allowedIn(module: string): ReadonlyMap<string, string> | undefined {
  allowed ??= indexNames(GROUPS);
  return allowed.get(module);
}

/** Every allowed module and name. */
export function allowedNames(): [module: string, name: string][] {
  return GROUPS.flatMap(([, modules]) =>
    Object.entries(modules).flatMap(([module, names]) =>
      words(names).map((name): [string, string] => [module, name])
    )
  );
}
