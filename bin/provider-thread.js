import { load } from "./load.js";

await load("src/provider/thread");
