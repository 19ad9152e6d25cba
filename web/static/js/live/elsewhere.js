// Rooms that are in another session: said in words, and told when one changes over.

import { clockShort } from "../common/times.js";
import { t } from "../common/words.js";
import { toast } from "../common/toast.js";

/** @typedef {import("confhub/api").Row} Row */

/**
 * Which session has the room, and until when, as far as the reader may know it.
 * @param {import("confhub/api").Other} other
 * @param {string} at the hub's hour, ISO 8601
 */
export function elsewhereWords(other, at) {
  const time = clockShort(other.ends_at);
  const over = other.ends_at <= at;
  const key = other.title === null ? "elsewhere_unnamed" : "elsewhere_in";
  return t(over ? `${key}_over` : key, { title: other.title ?? "", time });
}

/**
 * Tell the control room of rooms that went to another session or came over: by name one by one, for somebody
 * moved them; as a number where they followed the rules.
 * @param {Map<number, Row>} before
 * @param {Row[]} rows those that changed
 * @param {string} at
 */
export function tellMoves(before, rows, at) {
  let gone = 0;
  let come = 0;
  for (const row of rows) {
    const old = before.get(row.endpoint_id);
    if (!old || Boolean(old.elsewhere) === Boolean(row.elsewhere)) continue;
    const { name } = row;
    const by = row.elsewhere ? row.elsewhere.moved_by : row.moved_by;
    if (row.elsewhere && by) toast(t("moved_away_by", { name, by, where: elsewhereWords(row.elsewhere, at) }), "warning");
    else if (by) toast(t("moved_here_by", { name, by }), "success");
    else if (row.elsewhere) gone += 1;
    else come += 1;
  }
  if (gone) toast(t("gone_over", { count: gone }), "warning");
  if (come) toast(t("come_over", { count: come }), "success");
}
