import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadStack, renderDiagnostic, todayOf } from "tenantry";
import { declareStack, type Outputs } from "./declare-stack.js";

/** The program that Pulumi runs. The stack's name selects the manifests; the returned values are the stack's outputs. */
export default async function program(): Promise<Outputs> {
  const stacks = process.env.TENANTRY_STACKS ?? join(pulumi.getRootDirectory(), "stacks");
  const today = todayOf(process.env);
  const { model, diagnostics } = loadStack(stacks, pulumi.getStack(), today);
  if (model === undefined) throw new pulumi.RunError(diagnostics.map(renderDiagnostic).join("\n\n"));
  return declareStack(model, today);
}
