/**
 * What counts as odd in a plain pickle.
 *
 * @module
 */

import type { FileAnomaly } from "../format.ts";

/**
 * The anomalies without text ids: nobody looks an id of a plain pickle up, so one in text is as
 * harmless as another one.
 */
export function plainAnomalies(anomalies: readonly FileAnomaly[]): FileAnomaly[] {
  return anomalies.filter(({ rule }) => rule !== "text-persistent-id");
}
