import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMPUTE_SIZES, REGIONS } from "../../src/shared/supabase-catalogue.ts";

const SPECIFICATION = new URL("../../../shared/specs/supabase-management-v1.openapi.json", import.meta.url);

test.skipIf(!existsSync(SPECIFICATION))(
  "regions and sizes are those of the Management API's specification (skipped where ../shared/specs is absent)",
  () => {
    const specification = JSON.parse(readFileSync(SPECIFICATION, "utf8"));
    const { properties } = specification.components.schemas.V1CreateProjectBody;
    expect(REGIONS).toEqual(properties.region_selection.oneOf[0].properties.code.enum);
    expect(COMPUTE_SIZES).toEqual(properties.desired_instance_size.enum);
  },
);
