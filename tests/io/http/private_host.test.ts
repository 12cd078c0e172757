import assert from "node:assert/strict";
import { test } from "node:test";
import { isPrivateHost } from "../../../src/io/http/private_host.ts";

/** As an address would have them: URL brings every way to write a number into one. */
const isPrivate = (host: string) => isPrivateHost(new URL(`http://${host}/`).hostname);

test("isPrivateHost() knows the ranges of IANA's registries", () => {
  const hosts = [
    ..."0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.1 169.254.169.254".split(
      " ",
    ),
    ..."172.16.0.1 172.31.255.255 192.0.0.8 192.168.1.1 198.19.0.1 224.0.0.1 255.255.255.255".split(
      " ",
    ),
    ..."[::] [::1] [fe80::1] [febf::1] [fc00::1] [fd12:3456::1] [fec0::1] [ff02::1]".split(" "),
  ];
  assert.deepEqual(hosts.filter((host) => !isPrivate(host)), []);
});

test("isPrivateHost() knows other ways to write such an address", () => {
  const hosts = [
    ..."2130706433 0x7f.1 0177.0.0.1 127.1 127.0.0.1. [::ffff:127.0.0.1] [::ffff:a00:1]".split(" "),
    ..."[::127.0.0.1] [64:ff9b::169.254.169.254] [64:ff9b:1::1] [2002:7f00:1::]".split(" "),
  ];
  assert.deepEqual(hosts.filter((host) => !isPrivate(host)), []);
});

test("isPrivateHost() knows names that only a local network has", () => {
  const hosts =
    "localhost LOCALHOST localhost. a.localhost printer.local intranet metadata.google.internal x.home.arpa"
      .split(" ");
  assert.deepEqual(hosts.filter((host) => !isPrivate(host)), []);
});

test("isPrivateHost() leaves public hosts alone", () => {
  const hosts = [
    ..."huggingface.co example.com localhost.example.com 1.1.1.1 9.255.255.255 11.0.0.1".split(" "),
    ..."100.63.0.1 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.0.1 223.255.255.255".split(
      " ",
    ),
    ..."[2606:4700::1111] [::ffff:1.1.1.1] [64:ff9b::1.1.1.1] [2002:101:101::] [fbff::1]".split(
      " ",
    ),
  ];
  assert.deepEqual(hosts.filter(isPrivate), []);
});
