import * as z from "zod";
import { ACCESS_LEDGER, openings } from "../catalog/openings.ts";
import { passSpecification, specification } from "../quote.ts";

export interface GuardSpecification {
  readonly access: DeclaredAccess;
  /** Absent: the database isn't a workspace's. */
  readonly workspace?:
    | {
        readonly id: string;
        /** Whose tokens it trusts; null where that can't be known at the moment. */
        readonly issuer: string | null;
        readonly members: Readonly<Record<string, { readonly role: string }>>;
      }
    | undefined;
}

/** The access that a database may give, by names: what is in {@link openings} is beyond it. */
export interface DeclaredAccess {
  /** Roles that are closed beside those of the data API. */
  readonly roles: readonly string[];
  /** Roles by schema. */
  readonly schemas?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Roles by function. */
  readonly functions: Readonly<Record<string, readonly string[]>>;
  readonly tables: Readonly<
    Record<
      string,
      {
        /** Absent: not managed. Each column's privilege stands alone, as `update(title)`. */
        readonly grants?: Readonly<Record<string, readonly string[]>> | undefined;
        /** Names. */
        readonly policies: readonly string[];
      }
    >
  >;
}

/** What couldn't be closed, with PostgreSQL's own words. */
export const unclosedShape = z.array(z.object({ subject: z.string(), problem: z.string() }));

/** What a person calls somebody who is in the database and isn't declared. */
const STILL_THERE = "'member ' || email || ' is not declared'";

/**
 * Takes away every access that isn't declared, and answers with what it couldn't take away ({@link unclosedShape}).
 *
 * Each statement is on its own: one that fails stops no other. Triggers and rules that somebody added can keep a member's
 * row; the second attempt runs without them.
 */
export function closeUndeclared(spec: GuardSpecification): readonly string[] {
  return [
    ACCESS_LEDGER,
    passSpecification(spec),
    // Nobody queues behind one table for long while the next one is open.
    "set local lock_timeout = '3s';",
    `do $tenantry$
declare
  asked constant jsonb := ${specification};
  workspace constant jsonb := asked -> 'workspace';
  problems jsonb := '{}';
  open_now jsonb;
  opening jsonb;
  attempt integer;
  problem text;
  left_over text[];
begin
  insert into tenantry.access as held (declared) values (asked -> 'access')
    on conflict (singleton) do update set declared = excluded.declared where held.declared <> excluded.declared;

  -- What depends on something else may go in the second attempt.
  for attempt in 1..3 loop
    perform set_config('search_path', '', true);
    select coalesce(jsonb_agg(jsonb_build_object('subject', subject, 'command', command)), '[]') into open_now
      from (${openings}) as opening;
    exit when attempt = 3 or open_now = '[]';
    for opening in select value from jsonb_array_elements(open_now) loop
      begin
        -- Policies and functions were written with this path; everything else is qualified.
        perform set_config('search_path', 'public, extensions', true);
        execute opening ->> 'command';
      exception when others then
        problems := problems || jsonb_build_object(opening ->> 'subject', sqlerrm);
      end;
    end loop;
  end loop;
  perform set_config('search_path', '', true);

  if workspace is not null and to_regclass('private.settings') is not null
    and to_regclass('public.workspace_members') is not null then
    for attempt in 1..2 loop
      begin
        if attempt = 2 then perform set_config('session_replication_role', 'replica', true); end if;
        if workspace ->> 'issuer' is not null then
          update private.settings set issuer = workspace ->> 'issuer'
            where workspace_id = (workspace ->> 'id')::uuid and issuer <> workspace ->> 'issuer';
        end if;
      exception when others then
        problems := problems || jsonb_build_object('the issuer of its tokens', sqlerrm);
      end;
      begin
        delete from public.workspace_members
          where workspace_id = (workspace ->> 'id')::uuid and managed_by = 'manifest'
            and not workspace -> 'members' ? email;
      exception when others then
        select problems || coalesce(jsonb_object_agg(${STILL_THERE}, sqlerrm), '{}') into problems
          from public.workspace_members
          where managed_by = 'manifest' and not workspace -> 'members' ? email;
      end;
      begin
        update public.workspace_members set role = workspace #>> array['members', email, 'role']
          where workspace_id = (workspace ->> 'id')::uuid and managed_by = 'manifest'
            and role <> workspace #>> array['members', email, 'role'];
      exception when others then
        problems := problems || jsonb_build_object('the roles of members', sqlerrm);
      end;
      left_over := array(
        select ${STILL_THERE} from public.workspace_members
          where workspace_id = (workspace ->> 'id')::uuid and managed_by = 'manifest'
            and not workspace -> 'members' ? email
        union all
        select 'the issuer of its tokens' from private.settings
          where workspace_id = (workspace ->> 'id')::uuid and issuer <> workspace ->> 'issuer');
      exit when left_over = '{}';
    end loop;
    perform set_config('session_replication_role', 'origin', true);
  end if;

  perform set_config('tenantry.answer', (
    select coalesce(jsonb_agg(jsonb_build_object('subject', subject,
      'problem', coalesce(problems ->> subject, 'it belongs to another role')) order by subject), '[]')
    from (select distinct value ->> 'subject' as subject from jsonb_array_elements(open_now) union select unnest(left_over)) as still_open
  )::text, true);
end
$tenantry$;`,
    "select current_setting('tenantry.answer')::jsonb as answer;",
  ];
}
