/**
 * The direction of imports: each folder, and the folders that it may import. `npm run check` enforces it.
 *
 * Data flows one way: manifests are read, resolved into a model, declared by a Pulumi program, and applied by an engine
 * through the provider to the vendors. A folder that is missing here may import nothing and may not be imported.
 */
const MAY_IMPORT = {
  // Packages. They know nothing of the product.
  "packages/core": [],
  "packages/embedded-engine": ["packages/core"],
  "packages/sandbox": ["packages/core"],

  // From YAML to a model: pure, without any vendor.
  "src/shared": ["packages/core"],
  "src/manifest": ["src/shared"],
  "src/model": ["src/manifest", "src/shared"],
  "src/repository": ["src/model", "src/manifest", "src/shared"],
  "src/revisions": ["src/shared"],

  // Vendors, and what is kept in their databases and accounts.
  "src/vendors": ["src/shared"],
  "src/control-plane": ["src/vendors", "src/shared"],
  "src/billing": ["src/control-plane", "src/model", "src/vendors", "src/shared"],
  "src/archive": ["src/vendors", "src/shared"],
  "src/access": ["src/control-plane", "src/model", "src/vendors", "src/shared"],
  "src/domains": ["src/vendors", "src/shared"],
  "src/intake": ["src/model", "src/manifest", "src/vendors", "src/shared"],

  // The provider applies one resource at a time. It never sees a manifest.
  "src/provider": [
    "src/access",
    "src/billing",
    "src/archive",
    "src/control-plane",
    "src/vendors",
    "src/model",
    "src/shared",
  ],
  infra: ["src/repository", "src/model", "src/manifest", "src/provider", "src/shared", "bin"],

  // Running stacks, and telling what changed.
  "src/engine": ["packages/embedded-engine", "src/shared"],
  "src/changes": ["src/engine", "src/model", "packages/embedded-engine", "src/shared"],
  "src/plan": ["src/changes", "src/model", "packages/embedded-engine", "src/shared"],
  "src/guards": ["src/plan", "src/changes", "src/model", "src/shared"],
  "src/fleet": [
    ...["src/guards", "src/plan", "src/changes", "src/engine", "src/provider", "src/repository"],
    "src/revisions",
    ...["src/model", "src/manifest", "src/vendors", "src/shared", "packages/embedded-engine"],
    "packages/sandbox",
  ],
  "src/offline": [
    ...["infra", "src/changes", "src/fleet", "src/guards", "src/provider", "src/repository", "src/revisions"],
    ...["src/model"],
    ...["src/manifest", "src/vendors", "src/shared", "packages/embedded-engine"],
  ],
  // Who must review a change, and who did.
  "src/reviews": ["src/fleet", "src/repository", "src/revisions", "src/model", "src/manifest", "src/shared"],
  "src/verify": ["src/access", "src/control-plane", "src/provider", "src/model", "src/vendors", "src/shared"],

  // What people run.
  "src/cli": ["src", "infra", "packages/embedded-engine", "packages/sandbox"],
  "src/library": ["src", "infra"],
  "src/demo": ["src/cli", "src/shared", "packages/sandbox"],
  bin: ["build.js"],
};

const EVERYWHERE = ["packages/core", "node_modules"];

export default {
  forbidden: [
    {
      name: "no-cycle",
      comment:
        "Files that import each other can't be read one at a time. Move what both need into a file of its own.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
      name: `direction-of-${folder.replaceAll("/", "-")}`,
      comment: `${folder} may import ${allowed.join(", ") || "nothing"}. See MAY_IMPORT in .dependency-cruiser.js.`,
      severity: "error",
      from: { path: `^${folder}/`, pathNot: "/tests/" },
      to: {
        pathNot: [folder, ...allowed, ...EVERYWHERE].map((path) => `^${path}(/|$)`),
        dependencyTypesNot: [
          "core",
          "npm",
          "npm-dev",
          "npm-optional",
          "npm-peer",
          "npm-no-pkg",
          "npm-unknown",
        ],
      },
    })),
  ],
  options: {
    doNotFollow: { path: ["node_modules", "dist"] },
    exclude: { path: ["(^|/)dist/"] },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ["tenantry-source", "import", "node", "default"],
      exportsFields: ["exports"],
    },
  },
};
