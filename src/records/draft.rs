//! A write in the making: what it changes is visible to its own later reads, and to nobody else
//! until it is applied whole.

use std::{cell::RefCell, collections::BTreeMap, ops::Bound, rc::Rc};

use crate::{
    records::{
        cells,
        error::RecordError,
        journal::Touched,
        layout::{
            Identifier, Kind, SECRET, Stored, coded_key, identity_key, open, open_coded, seal,
            seal_coded,
        },
        repository::Repository,
        types::{Revised, Whole},
        validate::Check,
    },
    store::{Batch, SharedStore, StoreError},
};

/// A value of the store as it was read, or that there is none.
type Value = Option<Rc<[u8]>>;

/// A write in the making.
pub(crate) struct Draft<'a> {
    pub repository: &'a Repository,
    /// Changes of keys that are no cells: journal, idempotency, secret.
    pub batch: Batch,
    /// Changes of cells.
    cells: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Values of the store read so far, in which cells are looked up and changed.
    read: RefCell<BTreeMap<Vec<u8>, Value>>,
    /// What the journal will say was touched, in order.
    pub touched: Vec<Touched>,
    secret: Option<[u8; 32]>,
}

impl<'a> Draft<'a> {
    pub fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            batch: Batch::default(),
            cells: BTreeMap::new(),
            read: RefCell::default(),
            touched: Vec::new(),
            secret: None,
        }
    }

    /// The batch that does all this.
    pub fn into_batch(mut self) -> Result<Batch, RecordError> {
        let mut batch = std::mem::take(&mut self.batch);
        cells::write(&mut batch, &self.cells, |key| self.read(key))?;
        Ok(batch)
    }

    /// The stored value of `key`; the writer's lock keeps it as it is.
    fn read(&self, key: &[u8]) -> Result<Value, StoreError> {
        if let Some(value) = self.read.borrow().get(key) {
            return Ok(value.clone());
        }
        let value = self.repository.store.get(key)?.map(Rc::from);
        self.read.borrow_mut().insert(key.to_vec(), value.clone());
        Ok(value)
    }

    /// The value of the cell `key`, as this write has left it so far.
    pub fn cell(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError> {
        match self.cells.get(key) {
            Some(drafted) => Ok(drafted.clone()),
            None => cells::get(key, |key| self.read(key)),
        }
    }

    /// Drafts a cell: a value to set, or `None` to remove it.
    pub fn set_cell(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.cells.insert(key, value);
    }

    /// The value of `key`, which is no cell, as this write has left it so far.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RecordError> {
        match self.batch.get(key) {
            Some(drafted) => Ok(drafted.map(<[u8]>::to_vec)),
            None => Ok(self.repository.store.get(key)?),
        }
    }

    /// The cells under `prefix`, as this write has left them so far.
    pub fn scan(&self, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, RecordError> {
        let stored: Result<BTreeMap<_, _>, _> =
            cells::scan(&*self.repository.store, prefix, None).collect();
        let mut found = stored?;
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let drafted = self.cells.range::<[u8], _>(from);
        for (key, value) in drafted.take_while(|(key, _)| key.starts_with(prefix)) {
            match value {
                Some(value) => found.insert(key.clone(), value.clone()),
                None => found.remove(key),
            };
        }
        Ok(found)
    }

    /// The record `id`, if there is one.
    pub fn find<K: Kind>(&self, id: K::Id) -> Result<Option<Stored<K>>, RecordError> {
        let Some(coded) = self.cell(&coded_key(K::KIND, id.bytes()))? else { return Ok(None) };
        let identity = self.cell(&identity_key(K::KIND, id.bytes()))?;
        read(id, &coded, identity.as_deref()).map(Some)
    }

    /// The record `id`, which must exist.
    pub fn require<K: Kind>(&self, id: K::Id) -> Result<Stored<K>, RecordError> {
        self.find(id)?.ok_or_else(|| not_found::<K>(id))
    }

    /// The record `id`, which must exist and have the revision the caller saw, if it names one.
    pub fn require_at<K: Kind>(
        &self,
        id: K::Id,
        etag: Option<u64>,
    ) -> Result<Stored<K>, RecordError> {
        let stored = self.require::<K>(id)?;
        match etag {
            Some(given) if given != stored.revision => Err(RecordError::EtagMismatch {
                what: K::KIND,
                id: id.to_string(),
                given,
                current: stored.revision,
            }),
            _ => Ok(stored),
        }
    }

    /// Drafts `record` in the place of `old`, one revision on. The digest of an imported row stays
    /// as it was.
    pub fn put<K: Kind>(
        &mut self,
        old: Option<&Stored<K>>,
        record: Whole<K, K::Identity>,
    ) -> Stored<K> {
        let digest = old.and_then(|old| old.digest);
        self.put_imported(old, record, digest)
    }

    /// [`Draft::put`] of a record that an import states, with the digest of its row.
    pub fn put_imported<K: Kind>(
        &mut self,
        old: Option<&Stored<K>>,
        mut record: Whole<K, K::Identity>,
        digest: Option<[u8; 16]>,
    ) -> Stored<K> {
        self.enter(old, &mut record);
        let id = *record.coded.id().bytes();
        let revision = old.map_or(0, |old| old.revision).saturating_add(1);
        let coded = seal_coded(revision, digest, &record.coded);
        self.set_cell(coded_key(K::KIND, &id), Some(coded));
        let empty = K::Identity::default();
        let before = old.map_or(&empty, |old| &old.record.identity);
        if record.identity != *before {
            let identity = (record.identity != empty).then(|| seal(&record.identity));
            self.set_cell(identity_key(K::KIND, &id), identity);
        }
        self.touched.push(Touched { kind: K::KIND, id, revision });
        Stored { revision, digest, record }
    }

    /// Gives the facts of `record`, which is to take the place of `old`, the days they were
    /// entered. Whatever is put gets them; before, two records cannot be compared.
    pub fn enter<K: Kind>(&self, old: Option<&Stored<K>>, record: &mut Whole<K, K::Identity>) {
        record.coded.enter(old.map(|old| &old.record.coded), self.repository.today());
    }

    /// The checks of what may be stored today.
    pub fn check(&self) -> Check<'a> {
        let Repository { codes, area, .. } = self.repository;
        Check { codes, area: *area, today: self.repository.today() }
    }

    /// The store's own random secret, made by the first write that needs it.
    pub fn secret(&mut self) -> Result<[u8; 32], RecordError> {
        if let Some(secret) = self.secret {
            return Ok(secret);
        }
        let damaged = || RecordError::Undecodable { what: "secret", id: String::new() };
        let secret = match self.get(&SECRET)? {
            Some(bytes) => bytes.try_into().map_err(|_| damaged())?,
            None => {
                let mut secret = [0; 32];
                getrandom::fill(&mut secret).map_err(|_| {
                    let problem = std::io::Error::other("the system gives no random numbers");
                    RecordError::Store(problem.into())
                })?;
                self.batch.put(SECRET, secret);
                secret
            }
        };
        self.secret = Some(secret);
        Ok(secret)
    }
}

/// The record with these stored bytes.
pub(crate) fn read<K: Kind>(
    id: K::Id,
    coded: &[u8],
    identity: Option<&[u8]>,
) -> Result<Stored<K>, RecordError> {
    let damaged = || RecordError::Undecodable { what: K::KIND.name(), id: id.to_string() };
    let (revision, digest, coded) = open_coded(coded).ok_or_else(damaged)?;
    let identity = match identity {
        Some(bytes) => open(bytes).ok_or_else(damaged)?,
        None => K::Identity::default(),
    };
    Ok(Stored { revision, digest, record: Whole { coded, identity } })
}

/// The record `id` straight from the store, without waiting for writers.
pub(crate) fn load<K: Kind>(
    store: &SharedStore,
    id: K::Id,
) -> Result<Option<Stored<K>>, RecordError> {
    let (coded_key, identity_key) =
        (coded_key(K::KIND, id.bytes()), identity_key(K::KIND, id.bytes()));
    let cell = |key: &[u8]| cells::get(key, |key| store.get(key));
    let mut coded = cell(&coded_key)?;
    while let Some(seen) = coded {
        let identity = cell(&identity_key)?;
        // Both parts must be of one revision: read again if a writer came in between.
        coded = cell(&coded_key)?;
        if coded.as_ref() == Some(&seen) {
            return read(id, &seen, identity.as_deref()).map(Some);
        }
    }
    Ok(None)
}

pub(crate) fn not_found<K: Kind>(id: K::Id) -> RecordError {
    RecordError::NotFound { what: K::KIND, id: id.to_string() }
}

impl<K: Kind> Stored<K> {
    /// What the caller gets.
    pub fn handed_out(self) -> Revised<Whole<K, K::Identity>> {
        Revised { revision: self.revision, record: self.record }
    }
}
