//! What is to be planned: a day's orders, its crews, the ways between places, and what counts for how much.
//!
//! Times are whole seconds of the day, durations seconds, ways metres. A benchmark may use any other unit as long as it
//! uses one. Orders, crews and places are named by their index.

/// The longest time or duration, and the end of the last shift: about 17 years in seconds, and room to add in 32 bits.
pub const MAX_TIME: i32 = 1 << 29;

/// Orders in one day. The matrix grows with the square: at this size it takes about 100 MB.
pub const MAX_ORDERS: usize = 5_000;

/// Crews in one day.
pub const MAX_CREWS: usize = 1_000;

/// From the first moment to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub from: i32,
    /// Not after.
    pub to: i32,
}

impl Window {
    /// From the first moment to the last.
    #[must_use]
    pub const fn new(from: i32, to: i32) -> Self {
        Self { from, to }
    }
}

/// One piece of work at one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    /// Where: a row of [`Travel`]. An order of which nobody knows where it is can't be planned, and is left out.
    pub place: Option<u32>,
    /// Time at the stop.
    pub service: i32,
    /// When the work may **begin**: any of them, ascending, none overlapping. None: at any time of the shift.
    pub windows: Vec<Window>,
    /// 1, 2 or 3; what it costs to leave it out is [`Weights::unserved`].
    pub priority: u8,
    /// Somebody was promised this time: leaving it out costs [`Weights::appointment`] on top.
    pub appointment: bool,
    /// What the crew must be qualified for, one bit each.
    pub skills: u64,
    /// Only these crews, if anybody said so. One crew: locked to it.
    pub allowed: Option<Vec<u32>>,
    /// What the crew has to take along, in each dimension of [`Crew::capacity`]; missing ones are nothing.
    pub demand: Vec<i32>,
}

/// A pause that the crew must have, at whatever place it is then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// When it begins. One moment: a fixed break; a longer time: a floating one.
    pub window: Window,
    /// How long it takes.
    pub duration: i32,
}

/// A crew's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crew {
    /// Sets out not before, is back at its end not after.
    pub shift: Window,
    /// Where it sets out: a row of [`Travel`]. None: wherever its first stop is.
    pub start: Option<u32>,
    /// Where it ends. None: wherever its last stop is.
    pub end: Option<u32>,
    /// What it is qualified for, one bit each.
    pub skills: u64,
    /// In ascending order; a crew with any work at all takes each of them.
    pub breaks: Vec<Break>,
    /// What it can take along, in each dimension.
    pub capacity: Vec<i32>,
    /// How many orders at most, as a contractor's contract says.
    pub max_orders: Option<u32>,
    /// Stops that were visited or are on the way: they stay first, in this order, whatever they cost or break.
    pub frozen: Vec<u32>,
    /// Its stops behind the frozen ones in the plan before this one; empty where there was none.
    pub initial: Vec<u32>,
    /// Nothing of it changes: frozen and initial stops stay as they are, and nothing is added.
    pub locked: bool,
}

impl Default for Crew {
    fn default() -> Self {
        Self {
            shift: Window::new(0, MAX_TIME),
            start: None,
            end: None,
            skills: 0,
            breaks: Vec::new(),
            capacity: Vec::new(),
            max_orders: None,
            frozen: Vec::new(),
            initial: Vec::new(),
            locked: false,
        }
    }
}

/// How long and how far it is from each place to each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Travel {
    /// Number of places.
    pub places: usize,
    /// `seconds[from * places + to]`; negative: nobody knows a way.
    pub seconds: Vec<i32>,
    /// The same in metres; empty where they cost nothing.
    pub metres: Vec<i32>,
}

impl Travel {
    /// A matrix from a function of two places.
    #[must_use]
    pub fn from_fn(places: usize, mut seconds: impl FnMut(usize, usize) -> i32) -> Self {
        let mut all = Vec::with_capacity(places * places);
        for from in 0..places {
            all.extend((0..places).map(|to| seconds(from, to)));
        }
        Self { places, seconds: all, metres: Vec::new() }
    }

    /// Seconds from one place to another; `None` where nobody knows a way.
    #[must_use]
    pub fn seconds(&self, from: u32, to: u32) -> Option<i32> {
        self.seconds.get(from as usize * self.places + to as usize).copied().filter(|seconds| *seconds >= 0)
    }

    /// Metres from one place to another; 0 where there are none.
    #[must_use]
    pub fn metres(&self, from: u32, to: u32) -> i32 {
        self.metres.get(from as usize * self.places + to as usize).copied().unwrap_or(0).max(0)
    }
}

/// What counts for how much, in one unit of cost. What may not be broken (windows, skills, shifts, breaks, capacity) has
/// no weight: it is never broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// For leaving out an order of priority 1, 2, 3.
    pub unserved: [i64; 3],
    /// For leaving out an appointment, on top.
    pub appointment: i64,
    /// For a second on the road.
    pub second: i32,
    /// For a kilometre on the road.
    pub kilometre: i32,
    /// Balance: for a crew with eight hours (28 800) of work and travel; it grows with the square, so equal days are cheapest.
    pub balance: i64,
    /// Stability: for an order that is with another crew than in the plan before.
    pub stability: i64,
}

impl Default for Weights {
    /// An order is worth an hour, three hours, ten hours on the road.
    fn default() -> Self {
        Self {
            unserved: [3_600, 10_800, 36_000],
            appointment: 36_000,
            second: 1,
            kilometre: 0,
            balance: 0,
            stability: 0,
        }
    }
}

/// A day to be planned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// What is to be done.
    pub orders: Vec<Order>,
    /// Who is there to do it.
    pub crews: Vec<Crew>,
    /// The ways.
    pub travel: Travel,
    /// What counts for how much.
    pub weights: Weights,
}
