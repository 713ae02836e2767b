// What Pulumi runs: the program of `index.ts`.
import { load } from "../bin/load.js";

export default async function program() {
  const { default: run } = await load("infra/index");
  return run();
}
