import * as z from "zod";
import { functionDigest } from "../catalog/functions.ts";
import { policyDigest } from "../catalog/relations.ts";
import { rolledBack, takeTurns } from "./rollback.ts";
import type { RowSecuritySpecification } from "./secure-rows.ts";

/** The digests of deparsed definitions, by function, and by table and policy. */
export type Deparsed = z.infer<typeof deparsedShape>;

/** Null if PostgreSQL refuses the definition, for example because the existing function has another result type. */
const digest = z.string().nullable();

export const deparsedShape = z.object({
  functions: z.record(z.string(), digest),
  policies: z.record(z.string(), z.record(z.string(), digest)),
});

/**
 * Lets PostgreSQL deparse the declared definitions, so that they can be compared with the live ones. Functions are replaced,
 * and policies are created on temporary tables with the same columns, so that no table is locked. Everything is rolled back.
 */
export function deparse({ functions, tables }: RowSecuritySpecification): readonly string[] {
  return rolledBack({ functions, tables }, DECLARATIONS, BODY);
}

const DECLARATIONS = `
  functions jsonb := '{}';
  policies jsonb := '{}';
  of_table jsonb;
  digest text;
  entry record;
  policy record;
  number integer := 0;`;

const BODY = `
  perform ${takeTurns};
  perform set_config('check_function_bodies', 'off', true);
  for entry in select key as name, value from jsonb_each(asked -> 'functions') where value ? 'definition' loop
    begin
      perform set_config('search_path', 'public, extensions', true);
      execute entry.value ->> 'definition';
      perform set_config('search_path', '', true);
      select ${functionDigest} into digest from pg_proc p where p.oid = to_regprocedure(entry.name);
    exception when others then
      digest := null;
    end;
    functions := functions || jsonb_build_object(entry.name, digest);
  end loop;

  for entry in
    select key as name, value -> 'policies' as policies from jsonb_each(asked -> 'tables')
    where value -> 'policies' <> '{}' and to_regclass(key) is not null
  loop
    number := number + 1;
    of_table := '{}';
    execute format('create temporary table %I (like %s)', 'probe_' || number, entry.name);
    for policy in select key as name, value from jsonb_each(entry.policies) loop
      begin
        perform set_config('search_path', 'public, extensions', true);
        execute format('create policy %I on pg_temp.%I as %s for %s to %s', policy.name, 'probe_' || number,
          policy.value ->> 'as', policy.value ->> 'for',
          (select string_agg(case role when 'public' then 'public' else quote_ident(role) end, ', ')
            from jsonb_array_elements_text(policy.value -> 'to') as role))
          || coalesce(' using (' || (policy.value ->> 'using') || ')', '')
          || coalesce(' with check (' || (policy.value ->> 'check') || ')', '');
        perform set_config('search_path', '', true);
        select ${policyDigest} into digest from pg_policy pol
          where pol.polrelid = to_regclass(format('pg_temp.%I', 'probe_' || number)) and pol.polname = policy.name;
      exception when others then
        digest := null;
      end;
      of_table := of_table || jsonb_build_object(policy.name, digest);
    end loop;
    policies := policies || jsonb_build_object(entry.name, of_table);
  end loop;
  answer := jsonb_build_object('functions', functions, 'policies', policies);`;
