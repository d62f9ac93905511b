// SPDX-License-Identifier: LGPL-2.1-or-later
// The package, for import: what lib/index.js has, under the same names.
import libsandbox from "./lib/index.js";

export const {
  Sandbox, Client, ChildProcess, FsFile, SeekMode, Forward, KillController, KillSignal,
  SandboxCommandBuilder, SandboxCommandChild, quote,
  SandboxError, SandboxSdkError, InvalidArgumentError, InvalidMemoryError, InvalidTimeoutError,
  OutOfMemoryError, SystemError, UnavailableError, ConnectionEstablishmentError, ProtocolError,
  NotFoundError, AlreadyExistsError, BusyError, NoSpaceError, PermissionDeniedError, TimeoutError,
  CancelledError, BootError, ConnectionClosedError, ExecError, ImageError, NotSupportedError,
  ForkedError, TooBigError, InternalError, FileError, SandboxKillError, NetworkError,
  SandboxCommandError,
  images, templates, pools, snapshots, limits, keeper, doctor, events, console, totalStats, version,
  IMAGE_DEFAULT,
} = libsandbox;
export default libsandbox;
