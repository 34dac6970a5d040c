//! Lists that change row by row: one signal per row and one for the order, so that a changed row repaints
//! itself and nothing else.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use leptos::prelude::*;

/// Rows by key, in an order.
pub(crate) struct Rows<K, T> {
    order: ArcRwSignal<Vec<K>>,
    rows: Arc<Mutex<HashMap<K, ArcRwSignal<T>>>>,
}

impl<K, T> Clone for Rows<K, T> {
    fn clone(&self) -> Self {
        Self {
            order: self.order.clone(),
            rows: Arc::clone(&self.rows),
        }
    }
}

impl<K, T> Rows<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
{
    pub(crate) fn new(rows: impl IntoIterator<Item = (K, T)>) -> Self {
        let mut order = Vec::new();
        let mut map = HashMap::new();
        for (key, row) in rows {
            order.push(key.clone());
            map.insert(key, ArcRwSignal::new(row));
        }
        Self {
            order: ArcRwSignal::new(order),
            rows: Arc::new(Mutex::new(map)),
        }
    }

    /// The keys in order; tracked.
    pub(crate) fn order(&self) -> Vec<K> {
        self.order.get()
    }

    /// How many; tracked.
    pub(crate) fn len(&self) -> usize {
        self.order.read().len()
    }

    pub(crate) fn row(&self, key: &K) -> Option<ArcRwSignal<T>> {
        self.rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned()
    }

    /// Changes rows and adds new ones, without a place in the order.
    pub(crate) fn upsert(&self, rows: impl IntoIterator<Item = (K, T)>) {
        let mut changed = Vec::new();
        {
            let mut map = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, row) in rows {
                if let Some(signal) = map.get(&key) {
                    changed.push((signal.clone(), row));
                } else {
                    map.insert(key, ArcRwSignal::new(row));
                }
            }
        }
        // Outside the lock: whoever listens may ask for rows.
        for (signal, row) in changed {
            if *signal.read_untracked() != row {
                signal.set(row);
            }
        }
    }

    /// Sets the order and forgets rows that have no place in it.
    pub(crate) fn arrange(&self, order: Vec<K>) {
        if *self.order.read_untracked() != order {
            self.order.set(order);
        }
        let order = self.order.read_untracked();
        let mut map = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() > order.len() {
            let keep: std::collections::HashSet<&K> = order.iter().collect();
            map.retain(|key, _| keep.contains(key));
        }
    }

    /// Takes over a whole list.
    pub(crate) fn replace(&self, rows: impl IntoIterator<Item = (K, T)>) {
        let rows: Vec<(K, T)> = rows.into_iter().collect();
        let order = rows.iter().map(|(key, _)| key.clone()).collect();
        self.upsert(rows);
        self.arrange(order);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_keeps_the_signals_of_rows_that_stay() {
        let owner = Owner::new();
        owner.with(|| {
            let rows = Rows::new([(1, "a"), (2, "b")]);
            let kept = rows.row(&2).unwrap();
            rows.replace([(2, "B"), (3, "c")]);
            assert_eq!(kept.get_untracked(), "B");
            assert_eq!(rows.order.get_untracked(), vec![2, 3]);
            assert!(rows.row(&1).is_none());
        });
    }
}
