import { type Rules, up } from "../rule.ts";

/** The program declares something once the version has turned out right. */
function demanding(range: string): string {
  return `module.exports = async () => { await pulumi.requirePulumiVersion(${JSON.stringify(range)}); new Thing("a", {}); };`;
}

export const VERSIONS: Rules = {
  "a required version that is satisfied": [
    up(demanding(">=3.200.0 <4.0.0")),
    up(demanding("3.260.x || >=4.0.0")),
    up(demanding(">= 3.1.0 !3.7.7")),
    up(demanding("")),
  ],
  "a required version that is not satisfied": [up(demanding(">3.300.0")), up(demanding("<3.x || >3.x"))],
  "a required version that is invalid": [
    up(demanding("newest")),
    up(demanding("3.260")),
    up(demanding("||")),
  ],
};
