import { crashMatrix } from "./matrix.ts";

crashMatrix("after", { atLeast: 16 });
