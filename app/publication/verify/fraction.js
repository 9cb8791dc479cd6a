// Exact fractions (protocol §1, §5): two BigInts, reduced, the denominator greater than zero.

function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

/** An exact fraction. */
export class Fraction {
  constructor(numerator, denominator = 1n) {
    const common = divisor(numerator, denominator) || 1n;
    this.n = numerator / common;
    this.d = denominator / common;
  }

  plus(other) {
    return new Fraction(this.n * other.d + other.n * this.d, this.d * other.d);
  }

  minus(other) {
    return new Fraction(this.n * other.d - other.n * this.d, this.d * other.d);
  }

  over(other) {
    return new Fraction(this.n * other.d, this.d * other.n);
  }

  lessThan(other) {
    return this.n * other.d < other.n * this.d;
  }

  isZero() {
    return this.n === 0n;
  }

  /** The whole part of a fraction that is not negative. */
  floor() {
    return this.n / this.d;
  }

  toString() {
    return `${this.n}/${this.d}`;
  }
}

export const ONE = new Fraction(1n);
export const TWO = new Fraction(2n);
