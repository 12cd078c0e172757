/**
 * Views of torch over the int32 storage `mix(5040)`, with the digest of `view.contiguous()`: from
 * `truth.py`.
 *
 * @module
 */

/** A view and its digest. */
export interface TorchView {
  readonly name: string;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly sha256: string;
}

/** The views. */
export const TORCH_VIEWS: readonly TorchView[] = [
  {
    name: "transpose",
    shape: [16, 9, 7, 5],
    stride: [1, 16, 144, 1008],
    offset: 0,
    sha256: "86113a76a420fc4eca3e6bb15fea0ec6881c2e4a8b511c09685f359b1bdb94e4",
  },
  {
    name: "swap inner",
    shape: [5, 7, 16, 9],
    stride: [1008, 144, 1, 16],
    offset: 0,
    sha256: "00130294807a41c14451cd308b54b267ca74cf4f4945aef1f79d3c9063c548d4",
  },
  {
    name: "steps",
    shape: [3, 4, 3, 3],
    stride: [1008, 288, 48, 5],
    offset: 1027,
    sha256: "5baa86c75ebbe0fa5d7be8e2799de629d8892d267097c5cbd8444a1c085fd3c8",
  },
  {
    name: "expand",
    shape: [3, 5, 4],
    stride: [4, 0, 1],
    offset: 0,
    sha256: "489c1506929db08972ac136118af916143e02e9ed717dc8260776deda5ee18c7",
  },
  {
    name: "unfold",
    shape: [32, 7],
    stride: [3, 1],
    offset: 0,
    sha256: "f0a649650550e16d175cfc1f037bd606ef02b23aadb824ef028acc079a4c4f67",
  },
  {
    name: "slice",
    shape: [5, 3, 9, 16],
    stride: [1008, 144, 16, 1],
    offset: 288,
    sha256: "65bb89518f9e7e1876802bbd03a14510bc7bf0b054fb279f6e8427572e9cb6e6",
  },
  {
    name: "one",
    shape: [],
    stride: [],
    offset: 2517,
    sha256: "55dff2b3064d63c2d88dee8b911616f71089292112295b2c1e5519c35059ebb0",
  },
  {
    name: "column",
    shape: [84],
    stride: [60],
    offset: 17,
    sha256: "b477c0b5a29c9ba5086bbe6a9bc63efc801123381640a80066e861f6dc01ed36",
  },
  {
    name: "fortran",
    shape: [70, 72],
    stride: [1, 70],
    offset: 0,
    sha256: "f48cc11907c0dae93edbfe83d9d52b0d5ba877d24c90593a6e54d159c0f08565",
  },
];
