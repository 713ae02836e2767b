// Records the schema of the version in package.json, for tests/schema/upgrade.test.ts: the SQL that makes a database of this
// release, the rows of the release before (extend them by hand), and the digests of the released files.
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageVersion } from "../../src/shared/package.ts";
import { scriptsOf } from "../databases/database.ts";
import {
  digestOf,
  digestsOf,
  KINDS,
  RELEASES,
  REPOSITORY,
  releasedVersions,
  rowsOf,
  sqlOf,
} from "./releases.ts";

const version = packageVersion();
const previous = releasedVersions().findLast((released) => released !== version);

mkdirSync(join(REPOSITORY, RELEASES, version), { recursive: true });
if (existsSync(join(REPOSITORY, digestsOf(version))))
  throw new Error(
    `${version} was released: its schema is in ${RELEASES}/${version}. Raise the version in package.json first.`,
  );

for (const kind of KINDS) {
  const transactions = scriptsOf(kind).map((script) => `begin;\n${script.trim()}\ncommit;\n`);
  const head = `-- The SQL that tenantry ${version} ran on a new database of a ${kind}. Written by tests/schema/freeze-release.ts.\n`;
  writeFileSync(join(REPOSITORY, sqlOf(version, kind)), [head, ...transactions].join("\n"));
  if (previous !== undefined && !existsSync(join(REPOSITORY, rowsOf(version, kind))))
    copyFileSync(join(REPOSITORY, rowsOf(previous, kind)), join(REPOSITORY, rowsOf(version, kind)));
}

const migrations = KINDS.flatMap((kind) =>
  readdirSync(join(REPOSITORY, "infra/schema", kind))
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => `infra/schema/${kind}/${file}`),
);
const digests = [...migrations, ...KINDS.map((kind) => sqlOf(version, kind))].map((file) => [
  file,
  digestOf(file),
]);
writeFileSync(
  join(REPOSITORY, digestsOf(version)),
  `${JSON.stringify(Object.fromEntries(digests), undefined, 2)}\n`,
);
