import { crashMatrix } from "./matrix.ts";

crashMatrix("before", { atLeast: 16 });
