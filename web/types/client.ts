// What the pages' scripts know of the hub's API, from its OpenAPI document (`api.d.ts`, made by scripts/api_types.py).
// Types alone: checked by `make lint`, served to nobody.

import type { paths } from "./api";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** The paths that have an operation of this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][Lowercase<M> & keyof paths[P]] extends { responses: unknown } ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends keyof paths> = paths[P][Lowercase<M> & keyof paths[P]];

type Parameters<O, Where extends string> = O extends { parameters: infer All }
  ? Where extends keyof All
    ? Exclude<All[Where], undefined>
    : never
  : never;

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;

type Done<O> = O extends { responses: infer All } ? All[keyof All & (200 | 201 | 202)] : never;

/** What an operation takes: its path's parameters, its query and its body, as far as it has any. */
export type Wish<M extends Method, P extends keyof paths> = ([Parameters<Operation<M, P>, "path">] extends [never]
  ? { path?: undefined }
  : { path: { [Name in keyof Parameters<Operation<M, P>, "path">]: string | number } }) &
  ([Parameters<Operation<M, P>, "query">] extends [never]
    ? { query?: undefined }
    : { query?: Parameters<Operation<M, P>, "query"> }) &
  (Operation<M, P> extends { requestBody: infer Body } ? { body: Json<Body> } : { body?: undefined });

/** What it answers with; null where that has no body. */
export type Answer<M extends Method, P extends keyof paths> = [Json<Done<Operation<M, P>>>] extends [never]
  ? null
  : Json<Done<Operation<M, P>>>;

/** The live page's picture. */
export type Snapshot = Answer<"GET", "/api/v1/sessions/{id}/live">;
export type Row = Snapshot["rows"][number];
export type Hand = Snapshot["floor"][number];
export type OnStage = Snapshot["stage"][number];
export type Person = Snapshot["people"][number];
export type Tier = Snapshot["total"];
export type Other = NonNullable<Row["elsewhere"]>;
/** What changed of it, and which rooms went or stand in another order. */
export type Delta = Partial<Snapshot> & { at: string; gone?: number[]; order?: number[] };

/** What the hub says of this page's participant. */
export type Standing = Answer<"GET", "/api/v1/sessions/{id}/standing">;
export type Ticket = Answer<"POST", "/api/v1/sessions/{id}/token">;

/** One look at a room's line, and a room's line of the last minutes. */
export type Line = Answer<"GET", "/api/v1/sessions/{id}/quality">["rooms"][number];
export type Sample = Line["now"];

/** A room's list as its tablet is told it, the sessions that it may open, and the code that phones read. */
export type Sheet = Answer<"GET", "/api/v1/tablet/sessions/{id}">;
export type Listed = Sheet["people"][number];
export type TabletSession = Answer<"GET", "/api/v1/tablet/sessions">["sessions"][number];
export type RoomCode = Answer<"GET", "/api/v1/tablet/sessions/{id}/code">;

/** What a tablet sends, and what became of each. */
export type Batch = Wish<"POST", "/api/v1/tablet/sessions/{id}/events">["body"];
export type Result = Answer<"POST", "/api/v1/tablet/sessions/{id}/events">["results"][number];

/** A session in the calendar; `wall` is when it begins by the house's clocks. */
export type CalendarEntry = Answer<"GET", "/api/v1/calendar">["entries"][number] & { wall: string };
export type CalendarDayOff = Answer<"GET", "/api/v1/calendar">["days_off"][number];
export type CalendarRoom = Answer<"GET", "/api/v1/calendar/rooms">["rooms"][number];
