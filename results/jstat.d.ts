/** What of jstat is used; the package has no types of its own. */
declare module 'jstat' {
  interface Statistics {
    mean(values: readonly number[]): number;
    median(values: readonly number[]): number;
    /** Of a sample, with n − 1, where `sample` is true. */
    stdev(values: readonly number[], sample: boolean): number;
    /** Between the nearest two where none is at it; `k` from 0 to 1. */
    percentile(values: readonly number[], k: number): number;
    readonly studentt: { cdf(t: number, degreesOfFreedom: number): number };
    readonly normal: { cdf(x: number, mean: number, deviation: number): number };
  }
  const module: { readonly jStat: Statistics };
  export default module;
}
