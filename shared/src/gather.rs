//! Sets and maps that are filled one by one.
//!
//! `collect()` sorts what it gets first and so brings a whole sorting routine, about 7 KB, for every type of element
//! into the tablet's app. The sets here have a handful of elements.

use std::collections::{BTreeMap, BTreeSet};

/// What an iterator yields, in order.
pub trait Gather: Iterator + Sized {
    /// As a set.
    fn into_set(self) -> BTreeSet<Self::Item>
    where
        Self::Item: Ord,
    {
        let mut set = BTreeSet::new();
        set.extend(self);
        set
    }

    /// As a map; of two values under one key the later one counts.
    fn into_map<K: Ord, V>(self) -> BTreeMap<K, V>
    where
        Self: Iterator<Item = (K, V)>,
    {
        let mut map = BTreeMap::new();
        map.extend(self);
        map
    }
}

impl<I: Iterator> Gather for I {}
