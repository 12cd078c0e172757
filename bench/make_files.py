"""Makes one of the files that the benchmarks read.

    python make_files.py NAME PATH

Weights are random numbers, not zeros: nothing may win by luck."""
import sys

import torch


def layers(count, shape):
    block = torch.randn(*shape)
    return {f"model.layers.{i}.mlp.weight": block + i for i in range(count)}


def scalars(count):
    return {f"layers.{i}.w": torch.tensor([float(i)]) for i in range(count)}


def save_pt(state, path):
    torch.save({"model": state, "epoch": 3}, path)


def save_holes(count, path):
    """Weights that take no room on the disk: holes, read as zeros."""
    with torch.serialization.skip_data():
        save_pt({f"model.layers.{i}.mlp.weight": torch.empty(2048, 2048) for i in range(count)}, path)


def save_safetensors(state, path):
    from safetensors.torch import save_file
    save_file(state, path)


# 128 tensors of 16 MiB are 2 GiB
BIG = (128, (2048, 2048))

def save_joblib(path, **options):
    import joblib
    import numpy
    # 500 MB of noise whose lower bits are zero, as trained weights that were rounded once have them
    numbers = numpy.random.default_rng(0).standard_normal(62_500_000).astype("float16").astype("float64")
    joblib.dump({"weights": numbers}, path, **options)


def save_objects(path):
    import pickle
    with open(path, "wb") as file:
        pickle.dump({f"key{i}": (i, i / 7, f"value {i}") for i in range(250_000)}, file, protocol=4)


FILES = {
    "objects.pkl": save_objects,
    "raw.joblib": save_joblib,
    "zlib.joblib": lambda path: save_joblib(path, compress=("zlib", 3)),
    "big.pt": lambda path: save_pt(layers(*BIG), path),
    "big.safetensors": lambda path: save_safetensors(layers(*BIG), path),
    "sparse_16.pt": lambda path: save_holes(1024, path),
    "many_1000.pt": lambda path: save_pt(scalars(1_000), path),
    "many_10000.pt": lambda path: save_pt(scalars(10_000), path),
    "many_20000.pt": lambda path: save_pt(scalars(20_000), path),
    "many_100000.pt": lambda path: save_pt(scalars(100_000), path),
}

if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in FILES:
        sys.exit(f"{__doc__}\nNAME is one of {', '.join(FILES)}")
    FILES[sys.argv[1]](sys.argv[2])
