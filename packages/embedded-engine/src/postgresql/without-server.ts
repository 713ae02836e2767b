import type { CreateRequest, CreateResult, Provider } from "../provider.ts";
import { PostgresqlProvider } from "./provider.ts";

class PostgresqlWithoutServer extends PostgresqlProvider {
  constructor() {
    super({});
  }

  override async configure(): Promise<void> {}

  override async create(request: CreateRequest): Promise<CreateResult> {
    if (request.preview) return super.create(request);
    return { id: "recorded", outputs: { ...request.inputs, id: "recorded" } };
  }
}

/** A provider that checks and compares resources without a server. In place of a creation, it returns what one would record. */
export function postgresqlWithoutServer(): Provider {
  return new PostgresqlWithoutServer();
}
