/**
 * The regions and sizes of new Supabase projects: the enumerations of `V1CreateProjectBody` in the Management API's specification
 * (`region_selection.code` and `desired_instance_size`), https://api.supabase.com/api/v1.
 */

export const REGIONS = [
  "us-east-1",
  "us-east-2",
  "us-west-1",
  "us-west-2",
  "ap-east-1",
  "ap-southeast-1",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-southeast-2",
  "eu-west-1",
  "eu-west-2",
  "eu-west-3",
  "eu-north-1",
  "eu-central-1",
  "eu-central-2",
  "ca-central-1",
  "ap-south-1",
  "sa-east-1",
] as const;

/** From the smallest to the largest. Only free organizations have `nano`. */
export const COMPUTE_SIZES = [
  "nano",
  "micro",
  "small",
  "medium",
  "large",
  "xlarge",
  "2xlarge",
  "4xlarge",
  "8xlarge",
  "12xlarge",
  "16xlarge",
  "24xlarge",
  "24xlarge_optimized_memory",
  "24xlarge_optimized_cpu",
  "24xlarge_high_memory",
  "48xlarge",
  "48xlarge_optimized_memory",
  "48xlarge_optimized_cpu",
  "48xlarge_high_memory",
] as const;

/** A region of Supabase, such as `eu-central-1`. */
export type Region = (typeof REGIONS)[number];

/** The compute size of a Supabase project. */
export type ComputeSize = (typeof COMPUTE_SIZES)[number];
