import { testArrays } from "../support/arrays_loop.ts";

testArrays("joblib");
