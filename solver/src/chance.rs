//! Chance from a seed, and the few functions of real numbers that are needed, made of additions and multiplications only:
//! the same on every machine, native and wasm32.

/// xoshiro256++ (Blackman and Vigna 2019), seeded by splitmix64.
#[derive(Debug, Clone)]
pub struct Chance([u64; 4]);

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        Self([(); 4].map(|()| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        }))
    }

    #[inline]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let drawn = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        drawn
    }

    /// One of 0..n; 0 where n is 0.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        (((self.next() >> 32) * n as u64) >> 32) as usize
    }

    /// At least 0, less than 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// The natural logarithm of a positive, normal number.
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as f64 - 1023.0;
    let mantissa = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
    // ln m = 2 atanh((m - 1) / (m + 1)); the argument is at most a third.
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let (square, mut power, mut sum) = (t * t, t, 0.0);
    for k in 0..20 {
        sum += power / f64::from(2 * k + 1);
        power *= square;
    }
    2.0 * sum + exponent * std::f64::consts::LN_2
}

/// e to the power of a number between -700 and 700.
pub fn exp(x: f64) -> f64 {
    // Halved ten times, by its series, then squared ten times.
    let small = x / 1024.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..16 {
        term = term * small / f64::from(k);
        sum += term;
    }
    for _ in 0..10 {
        sum *= sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_and_exponential_are_those_of_the_books() {
        for x in [1e-9, 0.001, 0.5, 1.0, 2.0, 10.0, 12_345.678] {
            assert!((ln(x) - x.ln()).abs() < 1e-12 * (1.0 + x.ln().abs()), "{x}");
            assert!((exp(ln(x)) / x - 1.0).abs() < 1e-9, "{x}");
        }
    }

    #[test]
    fn chance_is_even_and_the_same_again() {
        let (mut a, mut b) = (Chance::new(7), Chance::new(7));
        let mut counts = [0; 10];
        for _ in 0..100_000 {
            let drawn = a.below(10);
            assert_eq!(drawn, b.below(10));
            counts[drawn] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}
