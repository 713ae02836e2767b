/**
 * The operations of the Management API that tenantry uses, in the shape of openapi-typescript. Maintained by hand, because
 * the whole specification is 400 KB of types. tests/vendors/supabase/types.test.ts compares each with the specification.
 *
 * @see https://api.supabase.com/api/v1
 */
export interface paths {
  "/v1/organizations/{slug}": {
    get: Operation<{ path: { slug: string } }, never, 200, Organization>;
  };
  "/v1/organizations/{slug}/projects": {
    get: Operation<{ path: { slug: string }; query?: ProjectsQuery }, never, 200, ProjectsPage>;
  };
  "/v1/projects": {
    post: Operation<object, CreateProject, 201, Project>;
  };
  "/v1/projects/{ref}": {
    get: Operation<OfProject, never, 200, ProjectWithDatabase>;
    patch: Operation<OfProject, { name: string }, 200, ProjectReference>;
    delete: Operation<OfProject, never, 200, ProjectReference>;
  };
  "/v1/projects/{ref}/pause": {
    post: Operation<OfProject, never, 200, never>;
  };
  "/v1/projects/{ref}/restore": {
    post: Operation<OfProject, never, 200, never>;
  };
  "/v1/projects/{ref}/health": {
    get: Operation<
      { path: { ref: string }; query: { services: ServiceName[]; timeout_ms?: number } },
      never,
      200,
      ServiceHealth[]
    >;
  };
  "/v1/projects/{ref}/api-keys": {
    get: Operation<{ path: { ref: string }; query?: { reveal?: boolean } }, never, 200, ApiKey[]>;
  };
  "/v1/projects/{ref}/database/query": {
    post: Operation<OfProject, RunQuery, 201, never>;
  };
  "/v1/projects/{ref}/database/password": {
    patch: Operation<OfProject, { password: string }, 200, { message: string }>;
  };
  "/v1/projects/{ref}/config/database/pooler": {
    get: Operation<OfProject, never, 200, PoolerConfig[]>;
  };
  "/v1/projects/{ref}/config/auth": {
    get: Operation<OfProject, never, 200, AuthConfig>;
    patch: Operation<OfProject, Partial<AuthConfig>, 200, AuthConfig>;
  };
  "/v1/projects/{ref}/postgrest": {
    get: Operation<OfProject, never, 200, ApiConfig>;
    patch: Operation<OfProject, Partial<ApiConfig>, 200, ApiConfig>;
  };
  "/v1/projects/{ref}/network-restrictions": {
    get: Operation<OfProject, never, 200, NetworkRestrictions>;
  };
  "/v1/projects/{ref}/network-restrictions/apply": {
    post: Operation<OfProject, AllowedCidrs, 201, NetworkRestrictions>;
  };
  "/v1/projects/{ref}/ssl-enforcement": {
    get: Operation<OfProject, never, 200, SslEnforcement>;
    put: Operation<OfProject, { requestedConfig: { database: boolean } }, 200, SslEnforcement>;
  };
  "/v1/projects/{ref}/config/realtime": {
    get: Operation<OfProject, never, 200, RealtimeConfig>;
    patch: Operation<OfProject, { private_only?: boolean }, 204, never>;
  };
  "/v1/projects/{ref}/config/storage": {
    get: Operation<OfProject, never, 200, StorageConfig>;
    patch: Operation<OfProject, { features?: Partial<StorageFeatures> }, 200, never>;
  };
  "/v1/projects/{ref}/config/auth/third-party-auth": {
    get: Operation<OfProject, never, 200, ThirdPartyAuth[]>;
    post: Operation<OfProject, { oidc_issuer_url?: string; jwks_url?: string }, 201, ThirdPartyAuth>;
  };
  "/v1/projects/{ref}/config/auth/third-party-auth/{tpa_id}": {
    delete: Operation<{ path: { ref: string; tpa_id: string } }, never, 200, ThirdPartyAuth>;
  };
  "/v1/projects/{ref}/secrets": {
    get: Operation<OfProject, never, 200, EdgeSecret[]>;
    post: Operation<OfProject, { name: string; value: string }[], 201, never>;
    delete: Operation<OfProject, string[], 200, never>;
  };
  "/v1/projects/{ref}/billing/addons": {
    patch: Operation<
      OfProject,
      { addon_type: "compute_instance"; addon_variant: ComputeVariant },
      200,
      never
    >;
  };
  "/v1/projects/{ref}/billing/addons/{addon_variant}": {
    delete: Operation<{ path: { ref: string; addon_variant: ComputeVariant } }, never, 200, never>;
  };
}

type Operation<Parameters, Body, Status extends number, Answer> = {
  parameters: Parameters;
  responses: {
    [S in Status]: { content: { "application/json": [Answer] extends [never] ? unknown : Answer } };
  };
} & ([Body] extends [never]
  ? { requestBody?: never }
  : { requestBody: { content: { "application/json": Body } } });

interface OfProject {
  path: { ref: string };
}

interface Organization {
  id: string;
  name: string;
  plan?: "free" | "pro" | "team" | "enterprise" | "platform";
  opt_in_tags: string[];
  allowed_release_channels: string[];
}

interface ProjectsQuery {
  offset?: number;
  /** At most 100. Default 100. */
  limit?: number;
  search?: string;
}

interface ProjectsPage {
  projects: ProjectSummary[];
  pagination: { count: number; limit: number; offset: number };
}

export interface ProjectSummary {
  ref: string;
  name: string;
  region: string;
  status: ProjectStatus;
  inserted_at: string;
  databases: { infra_compute_size?: ComputeSize; type: "PRIMARY" | "READ_REPLICA" }[];
}

interface CreateProject {
  name: string;
  organization_slug: string;
  db_pass: string;
  region_selection?: { type: "specific"; code: Region };
  desired_instance_size?: Exclude<ComputeSize, "pico">;
}

interface ProjectReference {
  ref: string;
  name: string;
}

interface Project {
  ref: string;
  organization_slug: string;
  name: string;
  region: string;
  created_at: string;
  status: ProjectStatus;
}

export interface ProjectWithDatabase extends Project {
  database: { host: string };
}

/** A new project is `UNKNOWN` at first, which isn't documented. */
export type ProjectStatus =
  | "INACTIVE"
  | "ACTIVE_HEALTHY"
  | "ACTIVE_UNHEALTHY"
  | "COMING_UP"
  | "UNKNOWN"
  | "GOING_DOWN"
  | "INIT_FAILED"
  | "REMOVED"
  | "RESTORING"
  | "UPGRADING"
  | "PAUSING"
  | "RESTORE_FAILED"
  | "RESTARTING"
  | "PAUSE_FAILED"
  | "RESIZING";

export type Region =
  | "us-east-1"
  | "us-east-2"
  | "us-west-1"
  | "us-west-2"
  | "ap-east-1"
  | "ap-southeast-1"
  | "ap-northeast-1"
  | "ap-northeast-2"
  | "ap-southeast-2"
  | "eu-west-1"
  | "eu-west-2"
  | "eu-west-3"
  | "eu-north-1"
  | "eu-central-1"
  | "eu-central-2"
  | "ca-central-1"
  | "ap-south-1"
  | "sa-east-1";

export type ComputeSize =
  | "pico"
  | "nano"
  | "micro"
  | "small"
  | "medium"
  | "large"
  | "xlarge"
  | "2xlarge"
  | "4xlarge"
  | "8xlarge"
  | "12xlarge"
  | "16xlarge"
  | "24xlarge"
  | "24xlarge_optimized_memory"
  | "24xlarge_optimized_cpu"
  | "24xlarge_high_memory"
  | "48xlarge"
  | "48xlarge_optimized_memory"
  | "48xlarge_optimized_cpu"
  | "48xlarge_high_memory";

export type ComputeVariant = `ci_${Exclude<ComputeSize, "pico" | "nano">}`;

export type ServiceName =
  | "auth"
  | "db"
  | "db_postgres_user"
  | "pooler"
  | "realtime"
  | "rest"
  | "storage"
  | "pg_bouncer";

interface ServiceHealth {
  name: ServiceName;
  status: "COMING_UP" | "ACTIVE_HEALTHY" | "UNHEALTHY";
  error?: string;
}

export interface ApiKey {
  name: string;
  type?: "legacy" | "publishable" | "secret" | null;
  api_key?: string | null;
}

interface RunQuery {
  query: string;
  parameters?: unknown[];
  read_only?: boolean;
}

interface PoolerConfig {
  database_type: "PRIMARY" | "READ_REPLICA";
  db_user: string;
  db_host: string;
  db_port: number;
  db_name: string;
  pool_mode: "transaction" | "session";
}

export interface ApiConfig {
  db_schema: string;
  max_rows: number;
  db_extra_search_path: string;
}

export interface AuthConfig {
  site_url: string | null;
  uri_allow_list: string | null;
  disable_signup: boolean | null;
  jwt_exp: number | null;
  external_anonymous_users_enabled: boolean | null;
  external_email_enabled: boolean | null;
  external_phone_enabled: boolean | null;
  mailer_autoconfirm: boolean | null;
  hook_custom_access_token_enabled: boolean | null;
  hook_custom_access_token_uri: string | null;
  hook_custom_access_token_secrets: string | null;
  hook_before_user_created_enabled: boolean | null;
  hook_before_user_created_uri: string | null;
  hook_before_user_created_secrets: string | null;
}

interface AllowedCidrs {
  dbAllowedCidrs?: string[];
  dbAllowedCidrsV6?: string[];
}

interface NetworkRestrictions {
  entitlement: "disallowed" | "allowed";
  config: AllowedCidrs;
  status: "stored" | "applied";
}

interface RealtimeConfig {
  private_only: boolean | null;
}

interface StorageFeatures {
  icebergCatalog: { enabled: boolean; maxNamespaces: number; maxTables: number; maxCatalogs: number };
  vectorBuckets: { enabled: boolean; maxBuckets: number; maxIndexes: number };
}

export interface StorageConfig {
  features: StorageFeatures;
}

interface SslEnforcement {
  currentConfig: { database: boolean };
  appliedSuccessfully: boolean;
}

export interface ThirdPartyAuth {
  id: string;
  oidc_issuer_url?: string | null;
  jwks_url?: string | null;
}

/** `value` is the SHA-256 of the secret's value, in hexadecimal. */
interface EdgeSecret {
  name: string;
  value: string;
}
