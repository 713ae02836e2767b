import { expect, test } from "vitest";
import { deletesData } from "../../../../src/plan/words/postgres/deletes.ts";

test.each([
  "alter table customers drop legacy_id",
  "alter table only public.customers drop if exists legacy_id cascade",
  'alter table t drop "constraint"',
  "alter table t alter c drop default, drop legacy_id",
  "update t set note = '--'; drop table customers;",
  "update t set note = 'it''s /*'; drop table customers;",
  "select e'\\'--'; truncate t",
  'select "a--b" from t; drop table customers',
  "drop/**/table customers",
  "drop /* a /* nested */ comment */ schema app cascade",
  "drop -- why\n table t",
  "drop owned by app",
  "drop type mood cascade",
  "drop extension postgis cascade",
  "alter type address drop attribute street cascade",
  "do $$ begin drop table t; end $$",
  "do $body$ begin execute 'drop table t'; end $body$",
  "select $$it's --$$; drop table t",
  "merge into a using b on a.id = b.id when matched then delete",
])("a migration deletes data: %s", (sql) => {
  expect(deletesData(sql)).toBe(true);
});

test.each([
  "alter table t drop constraint t_pkey",
  "alter table t drop  constraint if exists t_pkey",
  "alter table t alter column c drop default",
  "alter table t alter c drop not null, alter d drop identity",
  'alter table t alter column "a b" drop expression',
  "alter table t add c text; drop function f()",
  "drop type mood",
  "drop index i; -- drop table t",
  "/* drop table t /* truncate t */ delete from t */ select 1",
  "select $1, a$$b$$ from t",
  'alter table t add "drop column" text',
  "create function f() returns void language sql as $$ select 1 -- drop table t\n $$",
])("a migration keeps data: %s", (sql) => {
  expect(deletesData(sql)).toBe(false);
});
