// SPDX-License-Identifier: LGPL-2.1-or-later
// Errors: one class for each way to fail that a program may want to tell from others.
"use strict";

/**
 * Whatever the library reports: `code` ("SBX_E_NOT_FOUND"), `operation` ("sbx_fs_stat"), `hint`
 * (what to do, or undefined), `errno` (of the system call behind it, or undefined) and `cause`
 * (what the layer below said).
 */
class SandboxError extends Error {
  constructor({ code, message, operation, hint, errno, cause } = {}) {
    super(message, cause == null ? undefined : { cause });
    this.code = code;
    this.operation = operation;
    if (hint) this.hint = hint;
    if (errno) this.errno = errno;
  }

  get name() {
    return this.constructor.name;
  }
}

class InvalidArgumentError extends SandboxError {}
class InvalidMemoryError extends InvalidArgumentError {}
class InvalidTimeoutError extends InvalidArgumentError {}
class OutOfMemoryError extends SandboxError {}
class SystemError extends SandboxError {}
class UnavailableError extends SandboxError {}
/** The keeper could not be started, or the link to it broke. */
class ConnectionEstablishmentError extends SandboxError {}
class ProtocolError extends SandboxError {}
class NotFoundError extends SandboxError {}
class AlreadyExistsError extends SandboxError {}
class BusyError extends SandboxError {}
class NoSpaceError extends SandboxError {}
class PermissionDeniedError extends SandboxError {}
class TimeoutError extends SandboxError {}
class CancelledError extends SandboxError {}
class BootError extends SandboxError {}
/** The sandbox has ended, or its handle was closed. */
class ConnectionClosedError extends SandboxError {}
class ExecError extends SandboxError {}
class ImageError extends SandboxError {}
class NotSupportedError extends SandboxError {}
class ForkedError extends SandboxError {}
class TooBigError extends SandboxError {}
class InternalError extends SandboxError {}
/** An operation on files failed in the sandbox: see `errno`. */
class FileError extends SandboxError {}
/** Killing the sandbox failed. */
class SandboxKillError extends SandboxError {}
class NetworkError extends SandboxError {}

/** A command of `sb.sh` has failed. Here `code` is its exit code. */
class SandboxCommandError extends Error {
  constructor(message, code, result) {
    super(message);
    this.code = code;
    if (result) Object.defineProperty(this, "result", { value: result });
  }

  get name() {
    return "SandboxCommandError";
  }
}

const CLASSES = {
  SBX_E_INVALID: InvalidArgumentError,
  SBX_E_NO_MEMORY: OutOfMemoryError,
  SBX_E_SYSTEM: SystemError,
  SBX_E_UNAVAILABLE: UnavailableError,
  SBX_E_KEEPER: ConnectionEstablishmentError,
  SBX_E_PROTOCOL: ProtocolError,
  SBX_E_NOT_FOUND: NotFoundError,
  SBX_E_EXISTS: AlreadyExistsError,
  SBX_E_BUSY: BusyError,
  SBX_E_NO_SPACE: NoSpaceError,
  SBX_E_DENIED: PermissionDeniedError,
  SBX_E_TIMEOUT: TimeoutError,
  SBX_E_CANCELLED: CancelledError,
  SBX_E_BOOT: BootError,
  SBX_E_GONE: ConnectionClosedError,
  SBX_E_EXEC: ExecError,
  SBX_E_IMAGE: ImageError,
  SBX_E_UNSUPPORTED: NotSupportedError,
  SBX_E_FORKED: ForkedError,
  SBX_E_TOO_BIG: TooBigError,
  SBX_E_INTERNAL: InternalError,
  SBX_E_FILE: FileError,
};

/** What the addon makes of an error of C. */
function errorOf(number, code, message, operation, hint, errno, cause) {
  return new (CLASSES[code] ?? SandboxError)({ code, message, operation, hint, errno, cause });
}

/** The same error as one of another class: InvalidMemoryError for InvalidArgumentError, and so on. */
function reclass(error, Class) {
  const { code, message, operation, hint, errno, cause } = error;
  return new Class({ code, message, operation, hint, errno, cause });
}

function notSupported(what, hint) {
  return new NotSupportedError({
    code: "SBX_E_UNSUPPORTED",
    message: `${what} is not supported by this version of libsandbox`,
    operation: what,
    hint,
  });
}

function invalid(operation, message, hint) {
  return new InvalidArgumentError({ code: "SBX_E_INVALID", message, operation, hint });
}

function closed(operation) {
  return new ConnectionClosedError({
    code: "SBX_E_GONE",
    message: "the sandbox's handle was closed",
    operation,
    hint: "use it before close(), or connect again with Sandbox.connect()",
  });
}

module.exports = {
  SandboxError,
  SandboxSdkError: SandboxError,
  InvalidArgumentError, InvalidMemoryError, InvalidTimeoutError, OutOfMemoryError, SystemError,
  UnavailableError, ConnectionEstablishmentError, ProtocolError, NotFoundError, AlreadyExistsError,
  BusyError, NoSpaceError, PermissionDeniedError, TimeoutError, CancelledError, BootError,
  ConnectionClosedError, ExecError, ImageError, NotSupportedError, ForkedError, TooBigError,
  InternalError, FileError, SandboxKillError, NetworkError, SandboxCommandError,
  CLASSES, errorOf, reclass, notSupported, invalid, closed,
};
