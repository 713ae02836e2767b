import { type Rules, refresh, type Step, up } from "../rule.ts";

/** The provider kills the engine, before it does something, or after it did and before it could say so. */
function killed(program: string, fault: string, kill: "kill" | "kill-after"): Step {
  return up(program, { faults: { [fault]: kill }, plugin: true });
}

const PAIR = 'const a = new Thing("a", { value: 1 }); new Thing("b", { value: a.id });';

export const KILLS: Rules = {
  "killed during a creation": [killed(PAIR, "create b", "kill"), up(), up()],
  "killed after a creation and before its response": [killed(PAIR, "create b", "kill-after"), up()],
  "killed during the first creation": [killed('new Thing("a", {});', "create a", "kill"), up()],
  "killed during an update": [
    up(PAIR),
    killed('new Thing("a", { value: 2 });', "update a", "kill"),
    up(PAIR),
  ],
  "killed after an update and before its response": [
    up('new Thing("a", { value: 1 });'),
    killed('new Thing("a", { value: 2 });', "update a", "kill-after"),
    up(),
  ],
  "killed during a deletion": [up(PAIR), killed("", "delete b", "kill"), up()],
  "killed after a deletion and before its response": [up(PAIR), killed("", "delete b", "kill-after"), up()],
  "killed during a replacement's creation": [
    up('new Thing("a", { kind: "one" });'),
    killed('new Thing("a", { kind: "two" });', "create a", "kill"),
    up(),
  ],
  "killed during the deletion of a replaced resource": [
    up('new Thing("a", { kind: "one" });'),
    killed('new Thing("a", { kind: "two" });', "delete a", "kill"),
    up(),
  ],
  "killed between an early deletion and the creation": [
    up('new Thing("a", { kind: "one" });'),
    killed('new Thing("a", { kind: "two" }, { deleteBeforeReplace: true });', "create a", "kill"),
    up(),
  ],
  "pending creations are cleared by a refresh with the option": [
    killed(PAIR, "create b", "kill"),
    refresh(),
    refresh({ options: { clearPendingCreates: true } }),
    up(),
  ],
};
