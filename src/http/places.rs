//! How many things, such as live connections, one person, or one address, may hold at once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

/// Who holds connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// A user.
    User(Uuid),
    /// All who come from one place, by the hash of its address.
    Address(Vec<u8>),
}

/// All places of this process.
#[derive(Debug)]
pub(super) struct Places {
    per_user: usize,
    per_address: usize,
    taken: Mutex<HashMap<Holder, usize>>,
}

impl Places {
    pub fn new(per_user: usize, per_address: usize) -> Self {
        Self { per_user, per_address, taken: Mutex::default() }
    }

    /// A place, free again when it is dropped; `None` when the holder has as many as they may.
    pub fn take(self: &Arc<Self>, holder: Holder) -> Option<Place> {
        let max = match holder {
            Holder::User(_) => self.per_user,
            Holder::Address(_) => self.per_address,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&holder).copied().unwrap_or_default();
        if count >= max {
            return None;
        }
        taken.insert(holder.clone(), count + 1);
        Some(Place { places: self.clone(), holder })
    }
}

/// One connection's place.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    holder: Holder,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = taken.entry(self.holder.clone()) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_out_and_come_back() {
        let (places, ada) = (Arc::new(Places::new(2, 1_000)), Holder::User(Uuid::now_v7()));
        let first = places.take(ada.clone()).unwrap();
        let second = places.take(ada.clone()).unwrap();
        assert!(places.take(ada.clone()).is_none());
        assert!(places.take(Holder::User(Uuid::now_v7())).is_some(), "each has their own");
        drop(first);
        let third = places.take(ada.clone());
        assert!(third.is_some() && places.take(ada).is_none());
        drop((second, third));
        assert!(places.taken.lock().unwrap().is_empty());
    }
}
