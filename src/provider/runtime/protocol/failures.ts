import grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import { isUserOrVendorError, UserError, VendorError } from "@tenantry/core/errors";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { PartialState } from "../operations.ts";
import type { Redactor } from "./redact.ts";

/**
 * Converts an error to a gRPC error.
 *
 * After INTERNAL, UNKNOWN or DATA_LOSS an engine considers its state corrupt. These codes are for our own bugs only, with the
 * stack trace. Users' mistakes and vendors' failures are FAILED_PRECONDITION, and the message says how to fix them.
 */
export function asServiceError(error: unknown, redactor: Redactor): Partial<grpc.ServiceError> {
  if (error instanceof PartialState) return initFailure(error, redactor);
  if (isAbort(error)) return { code: grpc.status.ABORTED, details: "cancelled: the run was ended" };
  const code = isExpected(error) ? grpc.status.FAILED_PRECONDITION : grpc.status.INTERNAL;
  return { code, details: redactor.clean(messageOf(error)) };
}

/** The only error after which an engine records the new resource. */
function initFailure(error: PartialState, redactor: Redactor): Partial<grpc.ServiceError> {
  const message = redactor.clean(messageOf(error.cause ?? error));
  const detail = new messages.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(
    struct.Struct.fromJavaScript({ ...error.outputs } as Record<string, struct.JavaScriptValue>),
  );
  detail.setInputs(
    struct.Struct.fromJavaScript({ ...error.inputs } as Record<string, struct.JavaScriptValue>),
  );
  detail.setReasonsList([message]);

  const wrapped = new any.Any();
  wrapped.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statuses.Status();
  const code = isExpected(error.cause) ? grpc.status.FAILED_PRECONDITION : grpc.status.INTERNAL;
  status.setCode(code);
  status.setMessage(message);
  status.addDetails(wrapped);

  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code, details: message, metadata };
}

function isExpected(error: unknown): boolean {
  return isUserOrVendorError(error) || isAbort(error);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function messageOf(error: unknown): string {
  if (error instanceof UserError) return `${error.message}\n  ${error.remedy}`;
  if (error instanceof VendorError) return error.message;
  if (isAbort(error)) return "cancelled: the run was ended";
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
