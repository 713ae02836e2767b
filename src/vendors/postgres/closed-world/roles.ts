import { defaultGrants, ROLE_BRAND } from "../catalog/roles.ts";
import { roleName } from "../catalog/section.ts";
import { escapeLiteral } from "../quote.ts";
import { type Kind, row, words } from "./kind.ts";
import {
  isNew,
  isSupabaseRole,
  isSupabases,
  mayEverything,
  rowsOf,
  SUPABASE_MEMBERSHIPS,
  SUPABASE_ROLES,
  SUPABASE_SETTINGS,
} from "./supabase.ts";

const ATTRIBUTES = {
  superuser: ["rolsuper", "is a superuser"],
  login: ["rolcanlogin", "may log in"],
  createrole: ["rolcreaterole", "may create roles"],
  createdb: ["rolcreatedb", "may create databases"],
  replication: ["rolreplication", "may read every change (replication)"],
  bypassrls: ["rolbypassrls", "bypasses row security"],
} as const;

type Attribute = keyof typeof ATTRIBUTES;

const KNOWN = Object.entries(SUPABASE_ROLES).map(
  ([name, attributes]) => [name, `{${attributes.join(",")}}`] as const,
);

/** Describes those attributes of a role `r` that satisfy a condition. */
function attributes(condition: (attribute: Attribute) => string): string {
  const each = Object.entries(ATTRIBUTES).map(
    ([attribute, [column, description]]) =>
      `case when r.${column} and ${condition(attribute as Attribute)} then '${description}' end`,
  );
  return words(...each);
}

/** The statement that resets a role `r` to its known attributes. Only a superuser can remove `superuser`. */
const resetAttributes = `(select 'alter role ' || quote_ident(r.rolname) || string_agg(' no' || attribute, '')
  from unnest(array[${Object.keys(ATTRIBUTES).map(escapeLiteral).join(", ")}], array[${Object.values(
    ATTRIBUTES,
  )
    .map(([column]) => `r.${column}`)
    .join(", ")}]) as it (attribute, has)
  where has and attribute <> 'superuser' and attribute <> all (known.attributes))`;

const known = `(select name, attributes::text[] from (values ${rowsOf(KNOWN)}) as it (name, attributes)) as known`;

export const ROLE_KINDS: readonly Kind[] = [
  {
    name: "role",
    covers: ["pg_authid"],
    rows: `
      select ${row({
        identity: "format('role %I', r.rolname)",
        opens: `coalesce(nullif(${attributes(() => "true")}, ''), 'exists')`,
      })}
      from pg_roles r left join ${known} on known.name = r.rolname
      where known.name is null and ${isNew("r.oid")}
        and not (r.rolname like 'cli\\_login\\_%' and r.rolvaliduntil < now())`,
  },
  {
    name: "role attribute",
    covers: ["pg_authid"],
    rows: `
      select ${row({
        identity: "format('attributes of role %I', r.rolname)",
        opens: attributes((attribute) => `'${attribute}' <> all (known.attributes)`),
        close: resetAttributes,
      })}
      from pg_roles r join ${known} on known.name = r.rolname
      where ${attributes((attribute) => `'${attribute}' <> all (known.attributes)`)} <> ''
      union all
      select ${row({
        identity: "format('attributes of role %I', r.rolname)",
        opens: attributes((attribute) => String(attribute !== "login" && attribute !== "bypassrls")),
        close: `case when shobj_description(r.oid, 'pg_authid') = '${ROLE_BRAND}'
          then format('alter role %I nocreaterole nocreatedb noreplication', r.rolname) end`,
      })}
      from pg_roles r left join ${known} on known.name = r.rolname
      where known.name is null and (r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication)`,
  },
  {
    name: "membership",
    covers: ["pg_auth_members"],
    rows: `
      select ${row({
        identity: "format('membership of %I in %I', member.rolname, role.rolname)",
        opens: words(
          "case when m.set_option then format('%I may act as %I', member.rolname, role.rolname) end",
          "case when m.inherit_option then format('%I has the rights of %I', member.rolname, role.rolname) end",
          "case when m.admin_option then format('%I may grant %I', member.rolname, role.rolname) end",
          "case when not (m.set_option or m.inherit_option or m.admin_option) then 'exists' end",
        ),
        close: `format('revoke %I from %I granted by %I', role.rolname, member.rolname, pg_get_userbyid(m.grantor))`,
      })}
      from pg_auth_members m
      join pg_roles member on member.oid = m.member
      join pg_roles role on role.oid = m.roleid
      left join (values ${rowsOf(SUPABASE_MEMBERSHIPS)}) as supabases (member, role)
        on supabases.member = member.rolname and supabases.role = role.rolname
      where case
        when ${mayEverything("m.member")} then not member.rolsuper and (role.rolsuper
          or role.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
        else supabases.member is null or m.admin_option
          or (member.rolname = 'authenticator' and m.inherit_option) end`,
  },
  {
    name: "setting",
    covers: ["pg_db_role_setting"],
    rows: `
      select ${row({
        identity: `format('setting %s of %s%s', name, coalesce(quote_ident(r.rolname), 'every role'),
          case when s.setdatabase = 0 or r.rolname is null then '' else ' in this database' end)`,
        opens: "format('is %L', value)",
        about: "format('setting %s of %s', name, coalesce(quote_ident(r.rolname), 'every role'))",
        close: `case when r.rolname is null then format('alter database %I reset %s', current_database(), quoted)
          when s.setdatabase = 0 then format('alter role %I reset %s', r.rolname, quoted)
          else format('alter role %I in database %I reset %s', r.rolname, current_database(), quoted) end`,
      })}
      from pg_db_role_setting s
      left join pg_roles r on r.oid = s.setrole
      cross join unnest(s.setconfig) as setting
      cross join split_part(setting, '=', 1) as name
      cross join lateral (select substr(setting, length(name) + 2) as value,
        (select string_agg(quote_ident(part), '.') from unnest(string_to_array(name, '.')) as part) as quoted) as it
      where (s.setdatabase = 0 or s.setdatabase = (select oid from pg_database where datname = current_database()))
        and not exists (select from (values ${rowsOf(SUPABASE_SETTINGS)}) as known (role, setting, pattern)
          where known.role = coalesce(r.rolname, '') and known.setting = name and value ~ known.pattern)
        and not (r.rolname is not null and ${isSupabaseRole("r.oid")} and not exists (
          select from pg_auth_members m where m.roleid = r.oid and m.member = to_regrole('postgres') and m.admin_option)
          and r.rolname <> 'postgres')`,
  },
  {
    name: "default privilege",
    covers: ["pg_default_acl"],
    // A new project grants service_role, which bypasses row security, everything in public.
    rows: `
      select ${row({
        identity: `format('default privileges on %s of %s%s for %s', kind.name, d.defaclrole::regrole,
          coalesce(' in schema ' || quote_ident(n.nspname), ''), ${roleName("acl.grantee")})`,
        opens: `format('new %s grant %s', kind.name, string_agg(distinct lower(acl.privilege_type), ', '))`,
        close: `format('alter default privileges for role %s %s revoke all on %s from %s', d.defaclrole::regrole,
          coalesce('in schema ' || quote_ident(n.nspname), ''), kind.name,
          case acl.grantee when 0 then 'public' else acl.grantee::regrole::text end)`,
      })}
      from pg_default_acl d
      join (values ('r', 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas'),
        ('L', 'large objects')) as kind (code, name) on kind.code = d.defaclobjtype::text
      left join pg_namespace n on n.oid = d.defaclnamespace
      cross join aclexplode(d.defaclacl) as acl
      where acl.grantee <> d.defaclrole and (acl.grantee = 0 or not ${mayEverything("acl.grantee")})
        and not (acl.grantee <> 0 and ${isSupabaseRole("acl.grantee")}
          and (${isSupabases("d.defaclrole")} or coalesce(${isSupabases("n.nspowner")} and n.nspname <> 'public'
            and not has_schema_privilege(d.defaclrole, n.oid, 'create'), false)))
        and not (coalesce(n.nspname, '') = 'public' and d.defaclrole = to_regrole('postgres')
          and acl.grantee = to_regrole('service_role'))
        and not (d.defaclnamespace = 0 and exists (select from aclexplode(
            acldefault(case d.defaclobjtype when 'S' then 's' else d.defaclobjtype end, d.defaclrole)) as usual
          where usual.grantee = acl.grantee and usual.privilege_type = acl.privilege_type))
      group by d.defaclrole, n.nspname, kind.name, acl.grantee
      union all
      select ${row({
        identity: "'default privileges on functions of postgres for public'",
        opens: "'new functions grant execute'",
        close: "'alter default privileges for role postgres revoke all on functions from public'",
      })}
      from (${defaultGrants("to_regrole('postgres')")}) as given
      where given.schema is null and given."on" = 'functions' and given.role = 'public'`,
  },
];
