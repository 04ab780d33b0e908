import { after, cancel, random } from "#host";
import { backoff } from "../../core/backoff";
import { error } from "../../core/errors";
import { parse, stringify } from "../../core/json";
import type { Bytes } from "../../host";
import { callable } from "../../mqtt/options";
import type { Done, Report, State } from "./hub";
import { twinBytes } from "./limits";
import { add, plain } from "./patch";
import { urgent } from "./urgent";

function length(report: Report): number {
  return stringify([report._patch, report._gone]).length;
}

/** Puts what was under way before what waits. */
function back(c: State, asked: Report): void {
  const more = c._report;
  c._report = asked;
  if (more) {
    if (more._gone) add(asked, more._gone);
    add(asked, more._patch);
    asked._answers = [].concat((asked._answers || []) as never, (more._answers || []) as never);
  }
  asked._bytesOf = length(asked);
}

/** What was asked is to be asked once more. */
function again(c: State, asked: Report | true): void {
  if (asked !== true) back(c, asked);
  c._tries = (c._tries || 0) + 1;
  c._due = after(twin, backoff(c._tries - 1, 1000, 60000, random()), c);
}

/** The whole twin has come. */
function whole(c: State, body: Bytes): void {
  const all = parse(body) || {};
  if (!plain(all.desired)) throw error("protocol", "no desired properties in it");
  const v = all.desired.$version || 0;
  if (v < c._newest!) {
    // Older than a change that has come: once more, in a second.
    c._newest = v;
    c._stale = 1;
    if (!c._due) c._due = after(twin, 1000, c);
  } else if (!v || v !== c._version) {
    c._version = v;
    delete c._newest;
    c._tell("desired", all.desired, v, all.reported);
  }
}

function ask(c: State): void {
  const report = c._stale ? undefined : c._report;
  let bytes = "";
  c._asked = report || true;
  if (report) {
    bytes = stringify(report._gone || report._patch);
    delete c._report;
  }
  urgent(c, "$iothub/twin/" + (report ? "PATCH/properties/reported" : "GET") + "/?$rid=" + ++c._rid, bytes);
  c._due = after(twin, c.options.requestTimeout || 30000, c);
}

/** Deals with the answer to what was asked; without a `status` none came. */
function answered(c: State, asked: Report | true, status?: number, body?: Bytes): void {
  delete c._asked;
  if (!status || status === 429 || status > 499) return again(c, asked);
  const e = status > 299 ? error("refused", "twin: " + status + " " + body!.substr(0, 200)) : undefined;
  delete c._tries;
  // A twin that the hub refuses to give is not asked for again before the next connection.
  if (asked === true) delete c._stale;
  else if (asked._gone && !e) {
    delete asked._gone;
    back(c, asked);
    return twin(c);
  }
  twin(c);
  if (asked !== true && asked._answers) c.emit(asked._answers, e);
  else if (e) c.emit("error", e);
  else if (asked === true) whole(c, body!);
}

/** One thing at a time is asked of the twin: to be read first, then to take what is reported. This asks the next, after the answer to the last. */
export function twin(c: State, status?: number, body?: Bytes): void {
  const asked = c._asked;
  if (c._due) cancel(c._due);
  c._due = 0;
  if (asked) answered(c, asked, status, body);
  else if (c.connected && c._begun && !c._subscribing && (c._stale || c._report)) ask(c);
}

/** Takes in a change of the desired properties. */
export function changed(c: State, patch: any, version: number): void {
  if (!plain(patch)) throw error("protocol", "no object");
  const v = patch.$version || version || 0;
  c._newest = Math.max(c._newest || 0, v);
  // What comes before the twin has been read is part of it, or makes it be read once more; so does a gap, and what has no version.
  if (!v || v > c._version + 1) c._stale = 1;
  else if (v > c._version && !c._stale) {
    c._version = v;
    c._tell("desired", patch, v);
  }
  if (!c._asked) twin(c);
}

export function sendProperty(this: State, patch: any, component?: string | Done, done?: Done): void {
  const c = this;
  let whole = patch;
  if (typeof component !== "string") done = component || done;
  else if (plain(patch)) {
    // The marker of Plug and Play that this is a component.
    whole = {};
    whole[component] = { __t: "c" };
    for (const name in patch) whole[component][name] = patch[name];
  }
  callable(done);
  // A callback that waits is some bytes too.
  const bytes = twinBytes(whole);
  const n = bytes.length + (done ? 64 : 0);
  const report: Report = c._report || { _patch: {}, _bytesOf: 0 };
  // What came again and again is in it once.
  if (report._bytesOf + n > 32768) report._bytesOf = length(report) + (report._answers || []).length * 64;
  if (report._bytesOf + n > 32768)
    return c.emit(done || ("error" as any), error("limit", "reported properties: " + report._bytesOf + " bytes wait"));
  c._report = report;
  report._bytesOf += n;
  // As it is now, whatever the program does with its lists later.
  add(report, parse(bytes));
  if (done) report._answers = (report._answers || []).concat(done);
  // What is reported in one turn of the program is one message.
  if (c.connected && !c._asked && !c._due) c._due = after(twin, 0, c);
}
