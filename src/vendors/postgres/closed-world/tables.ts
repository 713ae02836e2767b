import { isOfExtension } from "../catalog/section.ts";
import { type Kind, row } from "./kind.ts";
import { isNew, isSupabases, listOf } from "./supabase.ts";

/** Supabase's tables that only row security protects. */
const GUARDED = [
  "auth.users",
  "auth.identities",
  "auth.sessions",
  "auth.refresh_tokens",
  "realtime.messages",
  "storage.buckets",
  "storage.objects",
];

export const TABLE_KINDS: readonly Kind[] = [
  {
    name: "policy",
    covers: ["pg_policy"],
    // postgres:RowSecurity compares policies in managed schemas. pg_cron has two policies of its own.
    rows: `
      select ${row({
        identity: "format('policy %I on %s', p.polname, p.polrelid::regclass)",
        opens: `format('allows %s to %s', (select string_agg(case r when 0 then 'everyone' else pg_get_userbyid(r) end, ', ')
            from unnest(p.polroles) as r),
          case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
            else 'select, insert, update and delete' end)`,
        about: "format('policies of %s', p.polrelid::regclass)",
        close: "format('drop policy %I on %s', p.polname, p.polrelid::regclass)",
      })}
      from pg_policy p join pg_class c on c.oid = p.polrelid
      where c.relnamespace not in (select oid from managed)
        and not (${isOfExtension("pg_class", "c.oid")} and c.oid::regclass::text in ('cron.job', 'cron.job_run_details')
          and p.polname in ('cron_job_policy', 'cron_job_run_details_policy'))`,
  },
  {
    name: "row security",
    covers: ["pg_class"],
    rows: `
      select ${row({ identity: "'row security of ' || c.oid::regclass", opens: "'is off'" })}
      from pg_class c where not c.relrowsecurity and c.oid::regclass::text in (${listOf(GUARDED)})
      union all
      select ${row({ identity: "'row security of ' || c.oid::regclass", opens: "'also applies to the owner (force)'" })}
      from pg_class c where c.relforcerowsecurity`,
  },
  {
    name: "trigger",
    covers: ["pg_trigger"],
    // The functions of Supabase's triggers are in the table's schema. postgres:Schema compares triggers in managed schemas.
    rows: `
      select ${row({
        identity: "format('trigger %I on %s', t.tgname, t.tgrelid::regclass)",
        opens: `case when t.tgenabled <> 'O' then case t.tgenabled when 'D' then 'is disabled' else 'runs in another replication mode' end
          else format('runs %s', t.tgfoid::regprocedure) end`,
      })}
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc f on f.oid = t.tgfoid
      where case when t.tgisinternal then t.tgenabled <> 'O'
        when c.relnamespace in (select oid from managed) or f.pronamespace in (select oid from managed) then false
        else t.tgenabled <> 'O' or not (f.pronamespace = c.relnamespace and ${isSupabases("f.proowner")} and ${isSupabases("c.relowner")})
        end`,
  },
  {
    name: "rule",
    covers: ["pg_rewrite"],
    rows: `
      select ${row({
        identity: "format('rule %I on %s', r.rulename, r.ev_class::regclass)",
        opens:
          "'rewrites ' || case r.ev_type when '1' then 'select' when '2' then 'update' when '3' then 'insert' else 'delete' end",
      })}
      from pg_rewrite r join pg_class c on c.oid = r.ev_class
      where r.rulename <> '_RETURN' and ${isNew("r.oid")} and not (${isOfExtension("pg_class", "c.oid")} and ${isSupabases("c.relowner")})`,
  },
  {
    name: "inheritance",
    covers: ["pg_inherits"],
    rows: `
      select ${row({
        identity: "format('inheritance of %s from %s', i.inhrelid::regclass, i.inhparent::regclass)",
        opens: "format('%s includes its rows', i.inhparent::regclass)",
      })}
      from pg_inherits i join pg_class child on child.oid = i.inhrelid join pg_class parent on parent.oid = i.inhparent
      where child.relkind in ('r', 'p', 'f') and not (${isSupabases("child.relowner")} and ${isSupabases("parent.relowner")})`,
  },
  {
    name: "publication",
    covers: ["pg_publication"],
    // New projects have an empty supabase_realtime; the dashboard adds tables to it.
    rows: `
      select ${row({
        identity: "format('publication %I', p.pubname)",
        opens: "case when p.puballtables then 'publishes the rows of every table' else 'exists' end",
      })}
      from pg_publication p where p.puballtables or not (p.pubname = 'supabase_realtime' or ${isSupabases("p.pubowner")})`,
  },
  {
    name: "published table",
    covers: ["pg_publication_rel"],
    rows: `
      select ${row({
        identity: "format('table %s in publication %I', r.prrelid::regclass, p.pubname)",
        opens: "'publishes its rows to subscribers'",
        close: "format('alter publication %I drop table %s', p.pubname, r.prrelid::regclass)",
      })}
      from pg_publication_rel r join pg_publication p on p.oid = r.prpubid join pg_class c on c.oid = r.prrelid
      where not (p.pubname <> 'supabase_realtime' and ${isSupabases("p.pubowner")} and ${isSupabases("c.relowner")})`,
  },
  {
    name: "published schema",
    covers: ["pg_publication_namespace"],
    rows: `
      select ${row({
        identity: "format('schema %I in publication %I', n.nspname, p.pubname)",
        opens: "'publishes the rows of its tables to subscribers'",
        close: "format('alter publication %I drop tables in schema %I', p.pubname, n.nspname)",
      })}
      from pg_publication_namespace r join pg_publication p on p.oid = r.pnpubid join pg_namespace n on n.oid = r.pnnspid
      where not (p.pubname <> 'supabase_realtime' and ${isSupabases("p.pubowner")} and ${isSupabases("n.nspowner")})`,
  },
  {
    name: "comment",
    covers: ["pg_description"],
    // pg_graphql reads names, relations and functions from comments.
    rows: `
      select ${row({
        identity:
          "(select format('comment on %s %s', it.type, it.identity) from pg_identify_object(d.classoid, d.objoid, d.objsubid) as it)",
        opens: "'changes the GraphQL API'",
      })}
      from pg_description d
      where d.description like '%@graphql%' and not exists (select from pg_depend e where e.classid = d.classoid
        and e.objid = d.objoid and e.deptype = 'e')`,
  },
  {
    name: "security label",
    covers: ["pg_seclabel", "pg_shseclabel"],
    rows: `
      select ${row({
        identity:
          "(select format('security label on %s %s', it.type, it.identity) from pg_identify_object(s.classoid, s.objoid, s.objsubid) as it)",
        opens: "format('is %L for %s', s.label, s.provider)",
      })}
      from pg_seclabel s
      union all
      select ${row({
        identity:
          "(select format('security label on %s %s', it.type, it.identity) from pg_identify_object(s.classoid, s.objoid, 0) as it)",
        opens: "format('is %L for %s', s.label, s.provider)",
      })}
      from pg_shseclabel s`,
  },
  {
    name: "replication",
    covers: ["pg_replication_origin"],
    // Supabase's services create slots for Realtime and for replicas.
    rows: `
      select ${row({ identity: "format('replication origin %s', o.roname)", opens: "'receives rows from another server'" })}
      from pg_replication_origin o
      union all
      select ${row({
        identity: "format('replication slot %s', s.slot_name)",
        opens: "format('streams every change to %s', coalesce(s.plugin, 'a reader'))",
      })}
      from pg_replication_slots s where s.slot_type = 'logical' and not s.temporary and s.slot_name !~ '^supabase_(realtime|etl)_'`,
  },
];
