import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePickle } from "../../src/pickle/read.ts";
import { loadStandardReducers, makeReduce } from "../../src/pickle/reduce.ts";
import { leafJson } from "../../src/pickle/tagged.ts";
import type { PyValue } from "../../src/pickle/values.ts";
import { PyView } from "../../src/pickle/view.ts";
import { jsonText } from "../../src/text/json.ts";

const MODULES = new Set(["builtins", "collections", "datetime", "decimal", "fractions", "pathlib"]);

/** What the items of a pickled list stand for. The pickles were made by CPython 3.11. */
async function reduced(hex: string): Promise<PyValue[]> {
  const pickle = parsePickle(new Uint8Array(Buffer.from(hex, "hex")));
  const reduce = makeReduce({ calls: await loadStandardReducers(MODULES) });
  return (pickle.value as PyValue[]).map(reduce);
}

async function tags(hex: string): Promise<string[]> {
  return (await reduced(hex)).map((value) => jsonText(leafJson(value)!));
}

test("the reducers of datetime give Python's ISO texts", async () => {
  // [datetime(2024, 2, 29, 23, 59, 59, 7, timezone(-5:30)), datetime(2024, 1, 2, 3, 4, 5, fold=1),
  //  date(1, 1, 1), time(1, 2, 3, 400), timedelta(-1, 5, 6), timezone.utc], protocol 4
  const hex =
    "800495c3000000000000005d94288c086461746574696d65948c086461746574696d65949394430a07e8021d" +
    "173b3b0000079468018c0874696d657a6f6e6594939468018c0974696d6564656c74619493944affffffff4a280401" +
    "004b008794529485945294869452946803430a07e88102030405000000948594529468018c046461746594939443" +
    "0400010101948594529468018c0474696d659493944306010203000190948594529468084affffffff4b054b0687" +
    "945294680668084b004b004b008794529485945294652e";
  assert.deepEqual(await tags(hex), [
    '{"$datetime":"2024-02-29T23:59:59.000007-05:30"}',
    '{"$datetime":"2024-01-02T03:04:05","fold":1}',
    '{"$date":"0001-01-01"}',
    '{"$time":"01:02:03.000400"}',
    '{"$timedelta":[-1,5,6]}',
    '{"$timezone":0}',
  ]);
});

test("timedelta() is normalized as Python does it", async () => {
  // [timedelta(0, -1, -1), timedelta(1, 86400, 1500000)] by GLOBAL and REDUCE; Python gives
  // (-1, 86398, 999999) and (2, 1, 500000).
  const text =
    "(lp0\ncdatetime\ntimedelta\n(I0\nI-1\nI-1\ntRacdatetime\ntimedelta\n(I1\nI86400\nI1500000\ntRa.";
  assert.deepEqual(await tags(Buffer.from(text).toString("hex")), [
    '{"$timedelta":[-1,86398,999999]}',
    '{"$timedelta":[2,1,500000]}',
  ]);
});

test("the reducers of numbers, ranges and paths give what Python prints", async () => {
  // [complex(1, -2.5), range(1, 10, 2), slice(None, 3), slice(1, (2,)), Decimal("1.50"), Fraction(3),
  //  Fraction(-2, 4), PurePosixPath("/a/b"), PureWindowsPath("C:/x/y")], protocol 4
  const hex =
    "8004950c010000000000005d94288c086275696c74696e73948c07636f6d706c6578949394473ff0000000" +
    "00000047c0040000000000008694529468018c0572616e67659493944b014b0a4b028794529468018c05736c69636594" +
    "93944e4b034e87945294680b4b014b0285944e879452948c07646563696d616c948c07446563696d616c9493948c0431" +
    "2e353094859452948c096672616374696f6e73948c084672616374696f6e9493944b034b018694529468194affffffff" +
    "4b02869452948c07706174686c6962948c0d50757265506f736978506174689493948c012f948c0161948c01629487" +
    "945294681e8c0f5075726557696e646f7773506174689493948c03433a5c948c0178948c01799487945294652e";
  assert.deepEqual(await tags(hex), [
    '{"$complex":[1.0,-2.5]}',
    '{"$range":[1,10,2]}',
    '{"$slice":[null,3,null]}',
    '{"$slice":[1,{"$tuple":[2]},null]}',
    '{"$decimal":"1.50"}',
    '{"$fraction":"3/1"}',
    '{"$fraction":"-1/2"}',
    '{"$path":"/a/b","class":"PurePosixPath"}',
    '{"$path":"C:\\\\x\\\\y","class":"PureWindowsPath"}',
  ]);
});

test("the reducers of collections keep items, factories and bounds", async () => {
  // [OrderedDict(a=1), defaultdict(list, k=2), Counter("aab"), deque([1, 2], maxlen=5)], protocol 4
  const hex =
    "80049599000000000000005d94288c0b636f6c6c656374696f6e73948c0b4f7264657265644469637494939429" +
    "52948c0161944b017368018c0b64656661756c74646963749493948c086275696c74696e73948c046c69737494939485" +
    "9452948c016b944b027368018c07436f756e7465729493947d94288c0161944b028c0162944b0175859452946801" +
    "8c056465717565949394294b0586945294284b014b0265652e";
  const views = await reduced(hex);
  const told = views.map((view) => {
    assert.ok(view instanceof PyView);
    const { kind, shape, dict, list, extra } = view;
    return [kind, shape, [...dict?.pairs() ?? list!], extra.map(([name]) => name)];
  });
  assert.deepEqual(told, [
    ["collections.OrderedDict", "dict", ["a", 1], []],
    ["collections.defaultdict", "dict", ["k", 2], ["__default_factory__"]],
    ["collections.Counter", "dict", ["a", 2, "b", 1], []],
    ["collections.deque", "list", [1, 2], ["__maxlen__"]],
  ]);
});

test("a reducer leaves calls of another form as they are", async () => {
  // [complex("1"), Fraction(1, 2, 3), date(b"xx"), OrderedDict(1)]
  const text = "(lp0\nc__builtin__\ncomplex\n(S'1'\ntRacfractions\nFraction\n(I1\nI2\nI3\ntRa" +
    "cdatetime\ndate\n(S'xx'\ntRaccollections\nOrderedDict\n(I1\ntRa.";
  const values = await reduced(Buffer.from(text).toString("hex"));
  assert.deepEqual(values.map((value) => value?.constructor.name), new Array(4).fill("PyObject"));
});
