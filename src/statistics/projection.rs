//! The projection: takes releases in and keeps blocks.
//!
//! Everything a release changes (its bytes, its vintage, the blocks of its member's year) is one
//! batch, so that a crash leaves the state before or after it. Nothing here waits for the disk: who
//! moves a cursor past an entry calls the store's barrier first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use jiff::civil::Date;

use crate::{
    base::{
        id::{EntryId, MemberCode},
        period::Period,
    },
    codes::embedded::Codes,
    disclosure::public,
    publication::release::Release,
    statistics::{
        block::{BLOCK_VERSION, Block, BlockTable},
        cache::{BlockKey, Cache},
        checks::Checks,
        error::StatisticsError,
        interval::Interval,
        keys::{self, Vintage},
        tighten::tighten,
    },
    store::{Batch, SharedStore, Store, StoreError, chunks, prefix::STATISTICS, remove_all},
};

/// Most numbers (cells times measures, hidden ones too) of a release. A hidden cell is one byte of
/// the release, and 17 bytes of a block for each measure: without a limit, 1 MiB from another
/// member takes a hundred times as much here. The largest planned release has a twentieth
/// of it.
pub(super) const RELEASE_NUMBERS_MAX: usize = 200_000;

/// Released tables of all members.
pub struct Statistics {
    store: SharedStore,
    pub(super) codes: Arc<Codes>,
    /// Held while releases change; queries do not wait for it.
    writer: Mutex<()>,
    pub(super) vintages: RwLock<Vintages>,
    cache: Mutex<Cache>,
    checks: Checks,
}

/// What became of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is what queries see.
    Shown,
    /// A newer release of the same member and period, or a withdrawal, stands before it.
    Superseded,
    /// It follows another catalogue; it is kept. A program that knows that one computes all blocks
    /// again when it first starts, and shows it.
    NeedsNewerSoftware,
}

/// All releases that are not withdrawn, by member and period.
#[derive(Default)]
pub(super) struct Vintages(BTreeMap<(MemberCode, Period), BTreeMap<EntryId, Vintage>>);

impl Vintages {
    /// The newest release of the member for the period that follows the catalogue, leaving out
    /// `without`.
    fn shown(
        &self,
        member: MemberCode,
        period: Period,
        version: u16,
        without: Option<EntryId>,
    ) -> Option<EntryId> {
        let vintages = self.0.get(&(member, period))?;
        let known = |(entry, vintage): &(&EntryId, &Vintage)| {
            vintage.catalogue_version == version && Some(**entry) != without
        };
        vintages.iter().rev().find(known).map(|(entry, _)| *entry)
    }

    /// The newest period that the member released, with the newest release for it.
    pub(super) fn newest(&self, member: MemberCode) -> Option<(Period, EntryId, Date)> {
        let (first, last) = (Period::annual(1900)?, Period::monthly(2199, 12)?);
        let mut periods = self.0.range((member, first)..=(member, last));
        let ((_, period), vintages) = periods.next_back()?;
        let (entry, vintage) = vintages.last_key_value()?;
        Some((*period, *entry, vintage.released_on))
    }

    fn insert(&mut self, entry: EntryId, period: Period, vintage: Vintage) {
        self.0.entry((entry.origin, period)).or_default().insert(entry, vintage);
    }

    fn remove(&mut self, entry: EntryId, period: Period) {
        if let Some(vintages) = self.0.get_mut(&(entry.origin, period)) {
            vintages.remove(&entry);
        }
        self.0.retain(|_, vintages| !vintages.is_empty());
    }

    fn has(&self, entry: EntryId, period: Period) -> bool {
        self.0.get(&(entry.origin, period)).is_some_and(|vintages| vintages.contains_key(&entry))
    }
}

/// A lock is only poisoned by a panic between two changes that are each complete.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Statistics {
    /// Version of what is stored. Another version is computed again from the logs.
    pub const LAYOUT: u8 = BLOCK_VERSION;

    /// Removes everything that is stored, whatever its damage.
    pub fn clear(store: &dyn Store) -> Result<(), StoreError> {
        remove_all(store, &[STATISTICS])
    }

    /// Opens the projection in `store`.
    pub fn new(store: SharedStore, codes: Arc<Codes>) -> Result<Self, StatisticsError> {
        let mut vintages = Vintages::default();
        for pair in store.scan_prefix(&keys::vintages()) {
            let (key, value) = pair?;
            let (entry, period) = keys::read_vintage(&key)?;
            vintages.insert(entry, period, Vintage::from_bytes(&value)?);
        }
        Ok(Self {
            store,
            codes,
            writer: Mutex::default(),
            vintages: RwLock::new(vintages),
            cache: Mutex::default(),
            checks: Checks::default(),
        })
    }

    /// What was found when it was tried to tell what members hide.
    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Version of the catalogue that releases must follow to be shown.
    pub fn catalogue_version(&self) -> u16 {
        self.codes.catalogue().version
    }

    /// Whether the release can be taken in as entry `id`. One that follows another catalogue is
    /// only kept: the program that knows that one looks at its tables.
    pub fn check(&self, id: EntryId, release: &Release) -> Result<(), StatisticsError> {
        release.validate()?;
        if release.member != id.origin {
            return Err(StatisticsError::ForeignMember { entry: id });
        }
        match release.catalogue_version == self.codes.catalogue().version {
            true => self.check_tables(release),
            false => Ok(()),
        }
    }

    /// Takes in a release. `released_on` is the day in its entry's header. Doing it again changes
    /// nothing. Visible at once; durable with the store's next barrier.
    pub fn apply(
        &self,
        id: EntryId,
        released_on: Date,
        release: &Release,
    ) -> Result<Applied, StatisticsError> {
        let _writer = lock(&self.writer);
        let mut batch = Batch::default();
        if self.add(&mut batch, id, released_on, release)? {
            let year = release.period.year();
            let releases = self.releases_of(id.origin, year, Some((id, release)), None)?;
            self.put_blocks(&mut batch, id.origin, year, &releases)?;
            self.store.apply(&batch)?;
            let vintage = Vintage { released_on, catalogue_version: release.catalogue_version };
            self.write_vintages().insert(id, release.period, vintage);
            lock(&self.cache).forget(id.origin, year);
        }
        let known = self.codes.catalogue().version;
        let shown = self.read_vintages().shown(id.origin, release.period, known, None);
        Ok(match release.catalogue_version == known {
            false => Applied::NeedsNewerSoftware,
            true if shown == Some(id) => Applied::Shown,
            true => Applied::Superseded,
        })
    }

    /// Withdraws a release, whether it has arrived or not; the newest one left is shown.
    pub fn withdraw(&self, id: EntryId) -> Result<(), StatisticsError> {
        let _writer = lock(&self.writer);
        let mut batch = Batch::default();
        batch.put(keys::withdrawn(id), Vec::new());
        let Some(release) = self.stored(id)? else {
            return Ok(self.store.apply(&batch)?);
        };
        batch.remove(keys::vintage(id, release.period));
        chunks::remove(&*self.store, &mut batch, &keys::content(id))?;
        let year = release.period.year();
        let releases = self.releases_of(id.origin, year, None, Some(id))?;
        self.put_blocks(&mut batch, id.origin, year, &releases)?;
        self.store.apply(&batch)?;
        self.write_vintages().remove(id, release.period);
        lock(&self.cache).forget(id.origin, year);
        Ok(())
    }

    /// Forgets everything and takes in `releases`. Withdrawals are forgotten, too: repeat them.
    pub fn rebuild(
        &self,
        releases: impl IntoIterator<Item = (EntryId, Date, Release)>,
    ) -> Result<(), StatisticsError> {
        let _writer = lock(&self.writer);
        self.forget_all()?;
        let mut years = BTreeSet::new();
        for (id, released_on, release) in releases {
            let mut batch = Batch::default();
            if self.add(&mut batch, id, released_on, &release)? {
                self.store.apply(&batch)?;
                let vintage = Vintage { released_on, catalogue_version: release.catalogue_version };
                self.write_vintages().insert(id, release.period, vintage);
                years.insert((id.origin, release.period.year()));
            }
        }
        for (member, year) in years {
            let mut batch = Batch::default();
            let releases = self.releases_of(member, year, None, None)?;
            self.put_blocks(&mut batch, member, year, &releases)?;
            self.store.apply(&batch)?;
            lock(&self.cache).forget(member, year);
        }
        Ok(())
    }

    /// The block, from the cache or the store.
    pub(super) fn block(&self, key: BlockKey) -> Result<Option<Arc<Block>>, StatisticsError> {
        let generation = {
            let mut cache = lock(&self.cache);
            if let Some(block) = cache.get(&key) {
                return Ok(block);
            }
            cache.generation()
        };
        let (member, population, period) = key;
        let id = &self.codes.catalogue().populations[population].id;
        let bytes = chunks::get(&*self.store, &keys::block(member, id, period))?;
        let block = bytes.map(|bytes| Block::from_bytes(&bytes)).transpose()?.map(Arc::new);
        lock(&self.cache).insert(generation, key, block.clone());
        Ok(block)
    }

    pub(super) fn read_vintages(&self) -> RwLockReadGuard<'_, Vintages> {
        self.vintages.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_vintages(&self) -> RwLockWriteGuard<'_, Vintages> {
        self.vintages.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what keeps the release, unless it is withdrawn or already there.
    fn add(
        &self,
        batch: &mut Batch,
        id: EntryId,
        released_on: Date,
        release: &Release,
    ) -> Result<bool, StatisticsError> {
        self.check(id, release)?;
        let withdrawn = self.store.get(&keys::withdrawn(id))?.is_some();
        if withdrawn || self.read_vintages().has(id, release.period) {
            return Ok(false);
        }
        let vintage = Vintage { released_on, catalogue_version: release.catalogue_version };
        batch.put(keys::vintage(id, release.period), vintage.to_bytes());
        chunks::put(&*self.store, batch, &keys::content(id), &release.to_bytes())?;
        Ok(true)
    }

    /// Whether every table is one of its population, and all of them together are not too large:
    /// what blocks are made from.
    fn check_tables(&self, release: &Release) -> Result<(), StatisticsError> {
        let mut numbers: usize = 0;
        for (index, table) in release.tables.iter().enumerate() {
            let population = self.codes.catalogue().population(&table.population);
            let measures = population.map(|one| one.measures.iter().map(|measure| &measure.id));
            if !measures.is_some_and(|measures| measures.eq(&table.measures)) {
                return Err(StatisticsError::OtherMeasures { table: index });
            }
            numbers += table.cells.len() * table.measures.len();
        }
        match numbers <= RELEASE_NUMBERS_MAX {
            true => Ok(()),
            false => Err(StatisticsError::TooLarge { numbers, numbers_max: RELEASE_NUMBERS_MAX }),
        }
    }

    fn stored(&self, id: EntryId) -> Result<Option<Release>, StatisticsError> {
        let Some(bytes) = chunks::get(&*self.store, &keys::content(id))? else { return Ok(None) };
        let release = Release::from_bytes(Release::SCHEMA, &bytes);
        release.map(Some).map_err(|_| StatisticsError::DamagedRelease { entry: id })
    }

    /// The releases to show for a member's year, `with` one more and `without` another.
    fn releases_of(
        &self,
        member: MemberCode,
        year: i16,
        with: Option<(EntryId, &Release)>,
        without: Option<EntryId>,
    ) -> Result<Vec<(EntryId, Release)>, StatisticsError> {
        let version = self.codes.catalogue().version;
        let with = with.filter(|(_, release)| release.catalogue_version == version);
        let mut shown = Vec::new();
        let Some(first) = Period::quarterly(year, 1) else { return Ok(shown) };
        for period in first.quarters() {
            let here = with.filter(|(_, release)| release.period == period);
            let there = self.read_vintages().shown(member, period, version, without);
            match (here, there) {
                (Some((id, release)), there) if there.is_none_or(|other| other < id) => {
                    shown.push((id, release.clone()));
                }
                (_, Some(id)) => {
                    let sound = |release: &Release| self.check_tables(release).is_ok();
                    let damaged = StatisticsError::DamagedRelease { entry: id };
                    shown.push((id, self.stored(id)?.filter(sound).ok_or(damaged)?));
                }
                _ => {}
            }
        }
        Ok(shown)
    }

    /// Adds the blocks of a member's year, and removes those that no release carries any more.
    fn put_blocks(
        &self,
        batch: &mut Batch,
        member: MemberCode,
        year: i16,
        releases: &[(EntryId, Release)],
    ) -> Result<(), StatisticsError> {
        let mut blocks = self.blocks(releases);
        let Some(first) = Period::quarterly(year, 1) else { return Ok(()) };
        let catalogue = self.codes.catalogue();
        for (index, population) in catalogue.populations.iter().enumerate() {
            for period in first.quarters().into_iter().chain([first.whole_year()]) {
                let key = keys::block(member, &population.id, period);
                match blocks.remove(&(index, period)) {
                    Some(mut block) => {
                        tighten(catalogue, population, &mut block.tables);
                        chunks::put(&*self.store, batch, &key, &block.to_bytes())?;
                    }
                    None => chunks::remove(&*self.store, batch, &key)?,
                }
            }
        }
        Ok(())
    }

    /// The tables of a member's year as blocks, with the bounds that public data imply.
    fn blocks(&self, releases: &[(EntryId, Release)]) -> BTreeMap<(usize, Period), Block> {
        let catalogue = self.codes.catalogue();
        let bare: Vec<_> = releases.iter().map(|(_, release)| release.clone()).collect();
        let hidden = public::intervals(catalogue, &bare).unwrap_or_else(|error| {
            // Figures that contradict each other bound nothing: hidden cells stay open.
            tracing::warn!(%error, "no intervals for the releases of a member's year");
            Vec::new()
        });
        let mut bounds: BTreeMap<(usize, usize), Vec<_>> = BTreeMap::new();
        for one in hidden {
            let interval = Interval { lower: one.lower, upper: one.upper };
            let table = bounds.entry((one.release, one.table)).or_default();
            table.push((one.cell, one.measure, interval));
        }
        let mut blocks = BTreeMap::new();
        for (release_index, (entry, release)) in releases.iter().enumerate() {
            for (table_index, table) in release.tables.iter().enumerate() {
                let population =
                    catalogue.populations.iter().position(|one| one.id == table.population);
                let Some(population) = population else { continue };
                let mut kept = BlockTable::new(table);
                for (cell, measure, interval) in
                    bounds.remove(&(release_index, table_index)).unwrap_or_default()
                {
                    kept.narrow(cell, measure, interval);
                }
                let empty = || Block { entry: *entry, tables: Vec::new() };
                let block: &mut Block =
                    blocks.entry((population, table.period)).or_insert_with(empty);
                block.tables.push(kept);
            }
        }
        blocks
    }

    fn forget_all(&self) -> Result<(), StatisticsError> {
        Self::clear(&*self.store)?;
        *self.write_vintages() = Vintages::default();
        lock(&self.cache).clear();
        Ok(())
    }
}
