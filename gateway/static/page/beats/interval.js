/** How far a share may be off by chance. */

const Z = 1.959964; // of the normal distribution, for 95 %

/**
 * The 95 % interval of Wilson (Probable inference, the law of succession, and statistical inference, Journal of the
 * American Statistical Association 22, 1927) for a share of independent cases: it has a width for 0 and for all, too.
 *
 * @param {number} found
 * @param {number} all at least 1
 * @returns {[number, number]}
 */
export function wilson(found, all) {
  const share = found / all;
  const middle = share + Z ** 2 / (2 * all);
  const reach = Z * Math.sqrt((share * (1 - share)) / all + Z ** 2 / (4 * all ** 2));
  const whole = 1 + Z ** 2 / all;
  // the bounds of 0 and of all are exact, in spite of rounding
  return [found === 0 ? 0 : (middle - reach) / whole, found === all ? 1 : (middle + reach) / whole];
}
