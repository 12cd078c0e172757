"""Prints the literals of the tests in this folder: what torch, numpy and hashlib say.

    python truth.py > truth.txt        # torch 2.13, numpy 2.4, x86-64 with AVX2

The inputs are made by the same small formulas on both sides, so that only digests need to be kept.
"""
import hashlib

import numpy as np
import torch

torch.set_num_threads(1)

FLOATS = ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz",
          "float8_e5m2fnuz", "float8_e8m0fnu"]
INTS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def raw(tensor):
    """A tensor's bytes, whatever its dtype."""
    return torch.empty(0, dtype=torch.uint8).set_(tensor.contiguous().untyped_storage()).numpy()


def sha(tensor):
    return hashlib.sha256(raw(tensor).tobytes()).hexdigest()


def say(name, value):
    print(f'  ["{name}", "{value}"],')


def edges():
    """float32 bits whose low 12 are 0, 1 and 4095: every tie of every smaller format."""
    high = np.arange(1 << 20, dtype=np.uint32) << 12
    return np.concatenate([high, high | 1, high | 0xFFF])


def mix(count):
    """Scattered 32-bit words."""
    index = np.arange(1, count + 1, dtype=np.uint64)
    return ((index * np.uint64(2891336453)) & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def longs(count):
    """64-bit integers of all sizes."""
    words = mix(2 * count).astype(np.uint64)
    value = (words[0::2] << np.uint64(32)) | words[1::2]
    return (value.view(np.int64) >> (np.arange(count) % 64)).astype(np.int64)


def doubles(count):
    """Finite doubles around the range of float32, all bits in use."""
    mantissa = longs(count).astype(np.uint64) & np.uint64((1 << 52) - 1)
    words = mix(count).astype(np.uint64)
    exponent = np.uint64(1023 - 160) + words % np.uint64(320)
    sign = (words >> np.uint64(31)) << np.uint64(63)
    return (sign | (exponent << np.uint64(52)) | mantissa).view(np.float64)


def casts():
    single = torch.from_numpy(edges().view(np.float32))
    for name in FLOATS:
        say(f"float32 {name}", sha(single.to(getattr(torch, name))))
    double = torch.from_numpy(doubles(40000))
    for name in ["float32"] + FLOATS:
        say(f"float64 {name}", sha(double.to(getattr(torch, name))))
    long = torch.from_numpy(longs(40000))
    for name in ["float64", "float32"] + FLOATS + INTS[:6] + ["uint64", "bool"]:
        say(f"int64 {name}", sha(long.to(getattr(torch, name))))
    word = torch.from_numpy(mix(40000).view(np.int32))
    for name in ["float64", "float32", "float16", "int8", "uint16", "int64", "uint64"]:
        say(f"int32 {name}", sha(word.to(getattr(torch, name))))
    unsigned = torch.from_numpy(longs(40000).view(np.uint64))
    for name in ["float64", "float32", "bfloat16", "int64", "int32", "uint8"]:
        say(f"uint64 {name}", sha(unsigned.to(getattr(torch, name))))
    # Beyond the range of their target torch's own loops for uint32 and uint64 disagree.
    for name in ["int8", "uint8", "int16", "uint16", "int32", "int64", "bool"]:
        say(f"float64 {name}", sha(double.to(getattr(torch, name))))
    small = torch.from_numpy(mix(40000).astype(np.float64) / 1024)
    for name in ["uint32", "uint64"]:
        say(f"small float64 {name}", sha(small.to(getattr(torch, name))))


def decodings():
    for name in FLOATS:
        dtype = getattr(torch, name)
        codes = np.arange(65536, dtype=np.uint16) if dtype.itemsize == 2 else np.arange(256, dtype=np.uint8)
        say(name, sha(torch.from_numpy(codes).view(dtype).float()))


def views():
    """Digests of views of the int32 storage `0..5039` (and of other item sizes over the same bytes)."""
    base = torch.from_numpy(mix(5040).view(np.int32))
    shaped = base.view(5, 7, 9, 16)
    named = {
        "transpose": shaped.permute(3, 2, 1, 0),
        "swap inner": shaped.transpose(2, 3),
        "steps": shaped[1:4, ::2, 1:8:3, 3::5],
        "expand": base[:12].view(3, 1, 4).expand(3, 5, 4),
        "unfold": base[:100].unfold(0, 7, 3),
        "slice": shaped[:, 2:5],
        "one": shaped[2, 3, 4, 5],
        "column": base.view(84, 60)[:, 17],
        "fortran": base.view(72, 70).t(),
    }
    for name, view in named.items():
        print(f"  // {name}: shape {list(view.shape)} stride {list(view.stride())} offset {view.storage_offset()}")
        say(name, hashlib.sha256(view.contiguous().numpy().tobytes()).hexdigest())


def statistics():
    f = (mix(100000).astype(np.float64) / 2**32 * 3 - 1).astype(np.float32)
    print("  // numpy, float32 values in [-1, 2):", f.astype(np.float64).min(), f.astype(np.float64).max(),
          f.astype(np.float64).mean(), f.astype(np.float64).std())
    i = mix(70000).view(np.int32)
    print("  // numpy, int32:", i.min(), i.max(), i.astype(np.float64).mean(), i.astype(np.float64).std())

def dtypes():
    inner = np.dtype([("x", "<i2"), ("y", "?")])
    kinds = {
        "aligned": np.dtype({"names": ["a", "b"], "formats": ["i1", ">f8"]}, align=True),
        "nested": np.dtype([("id", "<u4"), ("pos", ">f4", (2,)), ("in", inner, (3,)), ("s", "S3")]),
        "overlap": np.dtype({"names": ["a", "b"], "formats": ["<u4", ">u2"], "offsets": [0, 1], "itemsize": 8}),
    }
    for name, dtype in kinds.items():
        size = dtype.itemsize
        stored = np.frombuffer(bytes(range(1, 3 * size + 1)), dtype)
        meant = np.zeros(stored.shape, dtype.newbyteorder("<"))
        for field in dtype.names:
            meant[field] = stored[field]
        print(f"  // {name}: {dtype} {dtype.newbyteorder('<')}")
        say(name, meant.tobytes().hex())


def quantized():
    ramp = torch.linspace(-3, 3, 9)
    one = torch.quantize_per_tensor(ramp, 0.1, 3, torch.qint8)
    print("  // per tensor", one.int_repr().tolist(), one.dequantize().tolist())
    many = torch.quantize_per_channel(ramp.reshape(3, 3), torch.tensor([0.1, 0.2, 0.05], dtype=torch.float64),
                                      torch.tensor([1, -2, 0]), 1, torch.qint8)
    print("  // per channel, axis 1", many.int_repr().tolist(), many.dequantize().tolist())
    packed = torch.quantize_per_channel(torch.tensor([[0.1, 0.5, 1.3], [2.0, 3.3, -1.2]]), torch.tensor([0.1, 0.2]),
                                        torch.tensor([0.5, 1.5]), 0, torch.quint4x2)
    print("  // quint4x2, axis 0", raw(packed).tolist(), packed.dequantize().tolist())


print("casts"), casts()
print("decodings"), decodings()
print("views"), views()
print("statistics"), statistics()
print("dtypes"), dtypes()
print("quantized"), quantized()
