import { load } from "./load.js";

await load("src/demo/main");
