//! How long a search may go on, asked of whoever has a clock; the solver has none.

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rounds of ruin and recreate so far.
    pub iterations: u64,
    /// Cost of the best plan so far.
    pub cost: i64,
    /// Orders that the plan at hand leaves out.
    pub left_out: usize,
}

/// Says now and then how much of the time is used up. The colder half of the search finds the last few per cent, so the
/// share has to grow evenly up to 1.
pub trait Budget {
    /// The share used up: from 0.0 to 1.0, when the search ends. A cancelled search says 1.0.
    fn spent(&mut self, progress: &Progress) -> f64;
}

/// So many iterations: the same answer everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iterations(pub u64);

impl Budget for Iterations {
    fn spent(&mut self, progress: &Progress) -> f64 {
        if progress.iterations >= self.0 { 1.0 } else { progress.iterations as f64 / self.0 as f64 }
    }
}

impl<F: FnMut(&Progress) -> f64> Budget for F {
    fn spent(&mut self, progress: &Progress) -> f64 {
        self(progress)
    }
}
