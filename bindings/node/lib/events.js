// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens to sandboxes and to the commands in them.
"use strict";
const { addon, call, calls, constants } = require("./native.js");
const { signalName } = require("./convert.js");
const { Iteration } = require("./iterate.js");
const { CAUSES } = require("./process.js");

function eventOf(event) {
  const number = calls.sbx_event_type(event);
  const cause = calls.sbx_event_cause(event);
  const deadline = calls.sbx_event_deadline(event);
  const result = {
    type: calls.sbx_event_type_name(number),
    number: calls.sbx_event_number(event),
    time: new Date(calls.sbx_event_time(event)),
    sandbox: calls.sbx_event_sandbox(event),
    text: calls.sbx_event_text(event),
  };
  if (number === constants.SBX_EVENT_LOST) result.lost = calls.sbx_event_code(event);
  if (number === constants.SBX_EVENT_PROCESS_EXITED) {
    result.code = calls.sbx_event_code(event);
    result.signal = signalName(calls.sbx_event_signal(event));
  }
  if (cause >= 0) result.cause = CAUSES[cause] ?? "unknown";
  if (calls.sbx_event_pid(event) > 0) result.pid = calls.sbx_event_pid(event);
  if (calls.sbx_event_command(event) !== null) result.command = calls.sbx_event_command(event);
  if (deadline > 0) result.deadline = new Date(deadline);
  addon.release(event);
  return result;
}

function sinceOf(since) {
  if (since === "all") return constants.SBX_EVENTS_ALL;
  if (since == null || since === "new") return constants.SBX_EVENTS_NEW;
  return since instanceof Date ? since.getTime() : since;
}

/** Events of a sandbox, or of all when `open` is null; { since: "new" | "all" | Date, follow }. */
function events(open, { since, follow = true, signal } = {}) {
  const start = (abort) =>
    call("sbx_events_open", [open === null ? null : open(), sinceOf(since)], abort);
  let ended = false;
  const next = async (subscription, abort) => {
    if (ended) return undefined;
    for (;;) {
      if (!follow && calls.sbx_events_history(subscription) === 0) return undefined;
      const [found, event] = calls.sbx_events_next(subscription);
      if (found) {
        const result = eventOf(event);
        ended = open !== null && result.type === "ended";
        return result;
      }
      await call("sbx_events_wait", [subscription, -1], abort);
    }
  };
  return new Iteration(start, next, signal);
}

module.exports = { events };
