// Percentiles of a handful of measurements.

/** The value below which `share` (0 to 1) of the measurements lie, by the nearest rank. */
export function percentile(values: number[], share: number): number {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
}

export const median = (values: number[]): number => percentile(values, 0.5);

/** To one digit after the point. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** To three digits after the point, for ratios. */
export const ratio = (ours: number, theirs: number): number => Math.round((ours / theirs) * 1000) / 1000;
